#!/bin/sh
# Two hosts on a wire, the real tools on each: services are found, called, listened to and watched across it; one is
# killed, an interface goes down and comes back, a service moves to another port.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by check
. "${0%/*}/lib-hosts.sh"

net_host kitchen
net_host hall
net_join kitchen eth0 10.0.0.1/24
net_join kitchen eth1 10.0.1.1/24 lan1
net_join hall eth0 10.0.0.2/24
net_join hall eth1 10.0.1.2/24 lan1

serve() { # HOST NAME ARGUMENT…: a service with a function, an event and an object; its pid is $net_pid
    serve_host=$1
    serve_name=$2
    shift 2
    mkfifo "$room/$serve_name.in" 2>/dev/null
    # Held open for reading and writing, so that the service never sees its end.
    net_spawn "$serve_host" autobus-serve --quiet --info type=test.room --info "name=$serve_name" \
        --function 'greet=printf "hello %s from '"$serve_name"'" "$1"' --event rang --object 'light="off"' "$@" \
        <>"$room/$serve_name.in" >"$room/$serve_name.out" 2>&1
}

say() { # NAME LINE: an event or a value of that service
    echo "$2" >"$room/$1.in"
}

call() { # HOST NAME: greets it
    net_on "$1" timeout 20 autobus-call --raw "name=$2" greet you
}

calls() { # HOST NAME
    [ "$(call "$1" "$2")" = "hello you from $2" ]
}

routes() { # HOST NAME: how many routes it sees
    net_on "$1" timeout 20 autobus-browse --json "name=$2" | grep -o '"host":"[0-9.]*","port":[0-9]*,"discoverers"' | wc -l
}

has_routes() { # COUNT HOST NAME
    [ "$(routes "$2" "$3")" = "$1" ]
}

services() { # HOST: how many services of the test it sees
    net_on "$1" timeout 20 autobus-browse --json test.room | grep -c '"service"'
}

sees() { # COUNT HOST
    [ "$(services "$2")" = "$1" ]
}

# ---- Found and called

serve kitchen stove
stove=$net_pid
serve kitchen sink
serve hall door
check 'two services of one host and one of another are found' wait_for 20 sees 3 hall
check 'and from the other host' wait_for 20 sees 3 kitchen
check 'a service behind two interfaces is one service with two routes' wait_for 20 has_routes 2 hall stove
explains() { # REGEX: a line of the routes of the stove
    net_on hall timeout 20 autobus-browse --routes --timeout 1 name=stove >"$room/routes"
    grep -qE "$1" "$room/routes"
}
check 'its routes are told apart: one is used' wait_for 20 explains \
    '^    10\.0\.[01]\.1:[0-9]+  preferred: it answered last; in use; [0-9.]+ ms; by broadcast, heard [0-9.]+ s ago$'
check 'and the other would do' grep -qE \
    '^    10\.0\.[01]\.1:[0-9]+  another answered later; [0-9.]+ ms; by broadcast, heard [0-9.]+ s ago$' "$room/routes"
if net_on hall ip rule add to 10.0.0.1 ipproto tcp unreachable 2>/dev/null; then
    check 'or would not' wait_for 20 explains \
        '^    10\.0\.0\.1:[0-9]+  refused, or cannot be reached; by broadcast, heard [0-9.]+ s ago$'
    check 'and then it is not used' grep -qE '^    10\.0\.1\.1:[0-9]+  preferred: [a-z ]+; in use; ' "$room/routes"
    net_on hall ip rule del to 10.0.0.1 ipproto tcp unreachable
fi
check 'a function is called across the wire' calls hall stove
check 'and the other way round' calls kitchen door
# Answers to queries are limited, so the first of a hurried series may not see all.
check 'one of many is an error' wait_for 20 exits 2 net_on hall timeout 20 autobus-call test.room greet you
check 'unless any will do' net_on hall timeout 20 autobus-call --quiet --any test.room greet you
check 'what is not there is not found' exits 3 net_on hall timeout 20 autobus-call --wait 1 name=attic greet you

# ---- Events and objects

net_spawn hall autobus-watch name=stove light >"$room/watch" 2>"$room/watch.err"
net_spawn hall autobus-listen name=stove rang >"$room/listen" 2>"$room/listen.err"
check 'a watcher gets the value that is there' wait_for 20 grep -q off "$room/watch"
say stove 'light="on"'
check 'and then its change' wait_for 20 grep -q on "$room/watch"
rings() {
    say stove 'rang 1 "two"'
    grep -q '\[1,"two"\]' "$room/listen"
}
check 'a listener gets an event with its arguments' wait_for 20 rings

# ---- Death and return

net_spawn hall autobus-browse --watch --json name=stove >"$room/browse" 2>&1
check 'a browser lists what is there' wait_for 20 grep -q '"change":"added"' "$room/browse"
kill -9 "$stove"
check 'a killed service is gone' wait_for 5 grep -q '"change":"removed"' "$room/browse"
check 'the watcher says so' wait_for 5 grep -q . "$room/watch.err"
serve kitchen stove
stove=$net_pid
lights_up() {
    say stove 'light="bright"'
    grep -q bright "$room/watch"
}
check 'the watcher goes on with the next one' wait_for 20 lights_up
: >"$room/listen"
check 'and so does the listener' wait_for 20 rings
check 'which is called as before' calls hall stove

# ---- An interface down and up

net_on kitchen ip link set eth0 down
check 'with one interface down the other serves' wait_for 20 calls hall stove
net_on kitchen ip link set eth0 up
check 'when it is back there are two routes again' wait_for 30 has_routes 2 hall stove
net_on hall ip link set eth0 down
net_on hall ip link set eth1 down
check 'a host without a network finds its own' wait_for 20 calls hall door
net_on hall ip link set eth0 up
net_on hall ip link set eth1 up
check 'and the others when it has one again' wait_for 30 calls hall stove

# ---- A host that gives either of two ports to who asks for any; one is that where all listen, and nobody does yet

net_host attic
net_join attic eth0 10.0.0.3/24
hears() {
    net_on attic autobus-browse --wait 0.1 name=nobody >"$room/attic" 2>&1
    ! grep -q 'nobody is heard' "$room/attic"
}
if net_on attic sh -c 'echo 52722 52723 >/proc/sys/net/ipv4/ip_local_port_range' 2>/dev/null; then
    for _ in 1 2 3 4 5 6; do
        check 'the port where all listen is not taken from them' hears
    done
fi

# ---- A goodbye

kill "$stove"
check 'a service that ends is gone at once' wait_for 5 exits 3 net_on hall autobus-browse --quiet --wait 1 name=stove

check_end
