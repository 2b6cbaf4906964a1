# Pretend hosts on this machine, for scripts: network namespaces on a wire that leads nowhere else.
# Source it. Nothing here reaches the machine's own interfaces.
#
#     . "$top_srcdir/tests/lib-net.sh"
#     net_enter "$0" "$@" || exit 77    # runs the script again, inside; fails where that is not allowed
#     net_host kitchen
#     net_host hall
#     net_join kitchen eth0 10.0.0.1/24         # to the switch lan0
#     net_join hall eth0 10.0.0.2/24
#     net_join hall eth1 10.0.1.2/24 lan1       # to another switch
#     net_on kitchen ip addr                    # runs a command there, and waits
#     net_spawn kitchen autobus-serve …         # starts it in the background: its pid is $net_pid
#     net_on hall ip link set eth0 down
#
# All processes and namespaces end with the script, however it ends.
# shellcheck shell=sh

# The kinds of namespace, the most private first. In one of processes nothing outlives the script.
net_kinds() {
    [ "$(id -u)" != 0 ] || echo '--net --uts --mount --pid --fork --kill-child --mount-proc'
    echo '--user --map-root-user --net --uts --mount --pid --fork --kill-child --mount-proc'
    [ "$(id -u)" != 0 ] || echo '--net --uts --mount'
    echo '--user --map-root-user --net --uts --mount'
}

# shellcheck disable=SC2086 # a list of options
net_enter() { # SCRIPT ARGUMENT…
    if [ -n "${net_inside-}" ]; then
        ip link set lo up
        trap net_leave EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        return 0
    fi
    for net_command in unshare nsenter ip; do
        command -v $net_command >/dev/null || { echo "$net_command is missing" && return 1; }
    done
    net_kind=$(net_kinds | while read -r kind; do
        unshare $kind sh -c 'ip link add veth-a type veth peer name veth-b &&
            ip link add lan0 type bridge' 2>/dev/null && echo "$kind" && break
    done)
    [ -n "$net_kind" ] || { echo 'network namespaces are not allowed here' && return 1; }
    # The hosts answer to AUTOBUS_INTERFACES of their own only.
    unset AUTOBUS_INTERFACES
    net_inside=yes
    export net_inside
    exec unshare $net_kind "$@"
}

net_pids=
net_count=0

# Numbers of processes are used again: only what is still a child of this script, or of its part in a subshell that
# calls this, is ended.
net_leave() {
    read -r net_self net_pid </proc/self/stat
    for net_pid in $net_pids; do
        ! grep -qs "^PPid:[[:space:]]*$net_self\$" "/proc/$net_pid/status" || kill -9 "$net_pid" 2>/dev/null
    done
}

net_host() { # NAME
    unshare --net --uts sleep 86400 </dev/null >/dev/null 2>&1 &
    net_holder=$!
    net_pids="$net_pids $net_holder"
    eval "net_holder_$1=$net_holder"
    while [ "$(readlink "/proc/$net_holder/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do
        kill -0 "$net_holder" 2>/dev/null || return 1
    done
    ! command -v hostname >/dev/null || net_on "$1" hostname "$1"
    net_on "$1" ip link set lo up
}

net_join() { # HOST INTERFACE ADDRESS/PREFIX [SWITCH]
    net_switch=${4-lan0}
    net_count=$((net_count + 1))
    if ! ip link show "$net_switch" >/dev/null 2>&1; then
        ip link add "$net_switch" type bridge forward_delay 0 mcast_snooping 0 || return 1
        ip link set "$net_switch" up || return 1
    fi
    eval "net_holder=\$net_holder_$1"
    ip link add "port$net_count" type veth peer name "$2" netns "$net_holder" || return 1
    ip link set "port$net_count" master "$net_switch" up || return 1
    net_on "$1" ip addr add "$3" brd + dev "$2" || return 1
    net_on "$1" ip link set "$2" up
}

net_on() { # HOST COMMAND ARGUMENT…
    eval "net_holder=\$net_holder_$1"
    shift
    nsenter --target "$net_holder" --net --uts -- "$@"
}

net_spawn() { # HOST COMMAND ARGUMENT…: standard input is the caller's, which a shell's & alone would take away
    eval "net_holder=\$net_holder_$1"
    shift
    { nsenter --target "$net_holder" --net --uts -- "$@" <&3 3<&- & } 3<&0
    net_pid=$!
    net_pids="$net_pids $net_pid"
}
