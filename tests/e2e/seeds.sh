#!/bin/sh
# Two networks with a router between them, which no broadcast passes, and the real tools: a host that is known by its
# address is asked over TCP, and goes on being asked when its buses die and when it comes late.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by check
. "${0%/*}/lib-hosts.sh"

net_host router
net_host kitchen
net_host hall
net_join router eth0 10.0.0.254/24
net_join router eth1 10.0.1.254/24 lan1
net_join kitchen eth0 10.0.0.1/24
net_join hall eth0 10.0.1.1/24 lan1
net_on kitchen ip route add default via 10.0.0.254
net_on hall ip route add default via 10.0.1.254
net_on router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' || { echo 'no routing here' && exit 77; }

serve() { # HOST NAME: a service with a function and an object; its pid is $net_pid
    net_spawn "$1" autobus-serve --quiet --info type=test.room --info "name=$2" \
        --function 'greet=printf "hello %s from '"$2"'" "$1"' --object 'light="off"' \
        </dev/null >"$room/$2.out" 2>&1
}

knowing() { # HOST SEEDS COMMAND…
    knowing_host=$1
    knowing_seeds=$2
    shift 2
    net_on "$knowing_host" env "AUTOBUS_SEEDS=$knowing_seeds" timeout 20 "$@"
}

calls() { # HOST SEEDS NAME
    [ "$(knowing "$1" "$2" autobus-call --raw "name=$3" greet you)" = "hello you from $3" ]
}

sees() { # COUNT HOST SEEDS
    [ "$(knowing "$2" "$3" autobus-browse --json test.room | grep -c '"service"')" = "$1" ]
}

changes() { # CHANGE NAME: how often the browser of the hall told that
    grep -c "\"change\":\"$1\".*\"name\":\"$2\"" "$room/browse"
}

tells() { # COUNT CHANGE NAME
    [ "$(changes "$2" "$3")" = "$1" ]
}

# ---- A host that is not there at first

net_spawn hall env AUTOBUS_SEEDS=10.0.0.1 autobus-browse --watch --json test.room >"$room/browse" 2>"$room/browse.err"
check 'a browser settles while its known host is away' wait_for 10 grep -q settled "$room/browse"
serve kitchen stove
stove=$net_pid
check 'the host comes, and is seen' wait_for 40 tells 1 added stove
serve kitchen sink
check 'so is another bus there, at once' wait_for 5 tells 1 added sink

# ---- Found and used, both ways

check 'who does not know the host sees nothing' exits 3 net_on hall autobus-browse --quiet --wait 1 test.room
check 'who does sees all of it' wait_for 20 sees 2 hall 10.0.0.1
check 'a function is called across the router' calls hall 10.0.0.1 stove
check 'and on the bus that is not at the first port' calls hall 10.0.0.1:52722 sink
check 'also without any broadcast' \
    knowing hall 10.0.0.1 env AUTOBUS_DISCOVERY=none autobus-call --quiet name=sink greet you
check 'an object is watched' [ "$(knowing hall 10.0.0.1 autobus-watch --once name=sink light)" = '"off"' ]
check 'its routes say who told of it' \
    sh -c 'echo "$0" | grep -q "\"host\":\"10.0.0.1\".*\"discoverers\":\[\"seeds\"\]"' \
    "$(knowing hall 10.0.0.1 autobus-browse --json name=stove)"
serve hall door
check 'the other way nothing is seen' exits 3 net_on kitchen autobus-browse --quiet --wait 1 name=door
knowing kitchen 10.0.1.1:9 env AUTOBUS_DISCOVERY=none autobus-browse --wait 1 nothing 2>"$room/hint"
check 'who was asked in vain is said' grep -q '10\.0\.1\.1:9' "$room/hint"
check 'until that host is known too' calls kitchen nowhere.invalid,10.0.1.1 door
check 'a place alone can be looked at' \
    sh -c 'echo "$0" | grep -q "name.:.sink"' "$(net_on hall timeout 20 autobus-browse --json 10.0.0.1:52723)"

# ---- The first bus is killed

kill -9 "$stove"
check 'a killed service is gone' wait_for 10 tells 1 removed stove
serve kitchen fridge
check 'another bus has taken over, and what comes is seen' wait_for 45 tells 1 added fridge
check 'nothing else was lost meanwhile' tells 0 removed sink
check 'and is called as before' calls hall 10.0.0.1 sink

check_end
