# What happens to the peers, their hosts and the wire between them in the soak: begin_KIND and end_KIND, with the target
# and what the plan adds. Sourced by tests/soak.
# shellcheck shell=sh disable=SC2154,SC2317 # set by the caller; called by name

begin_kill() { kill_peer "$1"; }
end_kill() { start "$1"; }

begin_end() { end_peer "$1"; }
end_end() { start "$1"; }

begin_stop() { pid_of "$1" && kill -STOP "$pid"; }
end_stop() { pid_of "$1" && kill -CONT "$pid"; }

begin_down() { net_on "$1" ip link set eth0 down; }
end_down() { net_on "$1" ip link set eth0 up && route_to_all "$1"; }

begin_cable() { eval "ip link set \$port_$1 down"; }
end_cable() { eval "ip link set \$port_$1 up"; }

begin_address() { # HOST NUMBER: for good
    net_on "$1" ip addr flush dev eth0 scope global
    eval "address_number=\$number_$1"
    net_on "$1" ip addr add "10.0.0.$((address_number + 8 * (1 + $2 % 30)))/24" brd + dev eth0
    route_to_all "$1"
}
end_address() { :; }

# A host crashes, and when it is back something else has its ports.
begin_port() {
    for name in $(peers shed); do kill_peer "$name"; done
    for kind in udp tcp; do
        net_spawn shed stranger hold $kind 52722 </dev/null >"$room/holds.$kind" 2>&1
        eval "holder_$kind=$net_pid"
    done
    sleep 0.2
    for name in $(peers shed); do start "$name"; done
}
end_port() {
    for pid in $holder_udp $holder_tcp; do
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
}

harm() { # LINE…
    printf '%s\n' "$@" >&7
}

begin_loss() { harm "loss $2"; }
begin_overtake() { harm "delay $2" 'duplicate 20'; }
begin_stall() { harm stall; }
begin_reset() { harm "reset $2"; }
begin_cut() { harm cut; }
end_loss() { harm clear; }
end_overtake() { harm clear; }
end_stall() { harm clear; }
end_reset() { harm clear; }
end_cut() { harm clear; }

# The existing implementation sends to 255.255.255.255 alone, and that wants a route, which goes when the interface does.
route_to_all() { # HOST
    net_on "$1" ip route replace 255.255.255.255/32 dev eth0
}
