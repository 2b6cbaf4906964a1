#!/bin/sh
# Three hosts on two wires, the real tools on each: services for this machine alone, and for one network. Who may not use
# one does not hear of it where that can be, and is told denied where not.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by check
. "${0%/*}/lib-hosts.sh"

net_host home
net_host near
net_host far
net_join home eth0 10.0.0.1/24
net_join home eth1 10.0.1.1/24 lan1
net_join near eth0 10.0.0.2/24
net_join far eth0 10.0.1.2/24 lan1

serve() { # NAME OPTION…: on home
    serve_name=$1
    shift
    mkfifo "$room/$serve_name.in"
    net_spawn home autobus-serve --verbose --info type=test.access --info "name=$serve_name" \
        --function 'greet=printf "hello %s" "$1"' --event rang --object 'light="off"' "$@" \
        <>"$room/$serve_name.in" >"$room/$serve_name.out" 2>"$room/$serve_name.err"
    wait_for 20 grep -q 'published as' "$room/$serve_name.err"
    sed -n 's/.*published as //p' "$room/$serve_name.err" >"$room/$serve_name.id"
}

says() { # NAME TEXT
    grep -qF "$2" "$room/$1.err"
}

ends() { # STATUS COMMAND…: with its output in the room
    ends_status=$1
    shift
    "$@" >"$room/out" 2>"$room/err"
    ends_got=$?
    [ "$ends_got" = "$ends_status" ] || { echo "status $ends_got" && cat "$room/out" "$room/err" && return 1; }
}

sees() { # HOST NAMES: all that it sees of the test, in their order
    [ "$(net_on "$1" timeout 20 autobus-browse --json test.access | grep -o '"name":"[a-z]*"' | sort |
        sed 's/.*:"//; s/"//' | tr '\n' ' ')" = "$2" ]
}

hears_of_bus() { # HOST NAME: the introspection service of that process
    net_on "$1" timeout 20 autobus-browse --all --json autobus.details | grep -q '"host":"10\.0\.[01]\.1"'
}

refused() { # HOST NAME COMMAND…: exit 6, with a line that says why
    refused_host=$1
    refused_name=$2
    shift 2
    ends 6 net_on "$refused_host" timeout 20 "$@" && grep -q "$refused_name.*denied" "$room/err"
}

place() { # NAME: as HOST:PORT/ID from another host
    place_port=$(net_on home timeout 20 autobus-browse --json "name=$1" | grep -o '"port":[0-9]*' | head -n 1)
    echo "10.0.0.1:${place_port#*:}/$(cat "$room/$1.id")"
}

# ---- This machine alone

serve own --local
check 'it is said who may run what' says own 'this machine alone may run: greet'
check 'this machine sees it' wait_for 20 sees home 'own '
check 'and calls it' ends 0 net_on home timeout 20 autobus-call name=own greet you
check 'by its own address too' ends 0 net_on home timeout 20 autobus-call "$(place own)" greet you
check 'another host does not see it' sees near ''
check 'nor that there is a bus' ends 1 hears_of_bus near
check 'who knows its place is denied a call' refused near "$(cat "$room/own.id")" autobus-call "$(place own)" greet you
check 'and to watch' refused near "$(cat "$room/own.id")" autobus-watch "$(place own)" light
check 'and to listen' refused near "$(cat "$room/own.id")" autobus-listen "$(place own)" rang

# ---- One network

serve wired --allow 10.0.1.0/25
check 'it is said which' says wired 'this machine and anybody in 10.0.1.0/25 may run: greet'
check 'the network sees it' wait_for 20 sees far 'wired '
check 'and calls it' ends 0 net_on far timeout 20 autobus-call name=wired greet you
check 'this machine sees both' wait_for 20 sees home 'own wired '
check 'the other network does not see it' sees near ''
check 'nor is it let in' refused near "$(cat "$room/wired.id")" autobus-call "$(place wired)" greet you

# ---- One host: all of its network hear of the service

serve picked --allow 10.0.1.9 --allow 192.168.0.0/16
check 'several are said' says picked 'this machine and anybody in 10.0.1.9, 192.168.0.0/16 may run: greet'
check 'who may not use it sees it' wait_for 20 sees far 'picked wired '
check 'is denied a call' refused far picked autobus-call name=picked greet you
check 'whichever is meant' refused far picked autobus-call --any name=picked greet you
check 'one of many' ends 6 net_on far timeout 20 autobus-call --multiple test.access greet you
check 'is denied to watch' refused far picked autobus-watch name=picked light
check 'once, too' refused far picked autobus-watch --once name=picked light
check 'is denied to watch any' refused far '' autobus-watch --any name=picked light
check 'is denied to listen' refused far picked autobus-listen name=picked rang
check 'is denied a table' refused far picked autobus-top --once name=picked light
net_spawn far autobus-watch test.access light >"$room/watch" 2>"$room/watch.err"
check 'and sees the values of those that he may watch' wait_for 20 grep -q off "$room/watch"
check 'with a word about the other' wait_for 20 grep -q 'picked: denied' "$room/watch.err"
check 'a list of what it offers says so' ends 6 net_on far timeout 20 autobus-browse --verbose name=picked
explains_denied() {
    net_on far timeout 20 autobus-browse --routes name=picked >"$room/routes"
    grep -q '; does not let this program in;' "$room/routes"
}
check 'its route is told to be shut' explains_denied
check 'and the doctor says why' ends 0 net_on far timeout 30 autobus-doctor name=picked
check 'in a word' grep -q 'picked.*does not let this program in' "$room/out"
net_on home ip addr add 10.0.1.9/24 dev eth1
check 'this machine is let in by whatever address' ends 0 net_on home timeout 20 autobus-call \
    "$(place picked | sed 's/[^:]*/10.0.1.9/')" greet you

# ---- All services of a program

AUTOBUS_ALLOW=local
export AUTOBUS_ALLOW
serve quiet
check 'what the setting says is said' says quiet 'this machine alone may run: greet'
serve loud --allow '*'
unset AUTOBUS_ALLOW
check 'a program can say otherwise' says loud 'anybody on lo (127.0.0.1)'
check 'the network sees the one' wait_for 20 sees near 'loud '
check 'this machine sees both' wait_for 20 sees home 'loud own picked quiet wired '

# ---- What is wrong with a list

check 'a list that is none is refused' ends 2 net_on home timeout 20 autobus-serve --info type=x --allow 10.0.0.0/33
check 'with the item' grep -q '10.0.0.0/33' "$room/err"

check_end
