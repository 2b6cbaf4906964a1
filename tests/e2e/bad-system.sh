#!/bin/sh
# Machines whose network or system lets the bus down, with the real tools: no network, no way out, interfaces and
# addresses that go and come, ports that somebody else holds, no descriptors, and a small stack. All cases run at once.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by check
. "${0%/*}/lib-hosts.sh"

serve() { # HOST NAME OPTION…
    serve_host=$1
    serve_name=$2
    shift 2
    start "$serve_host" "$serve_name" autobus-serve --verbose --log info --info type=test.room --info "name=$serve_name" \
        --function 'greet=printf hello' --object "n=\"$serve_name\"" "$@" </dev/null
}

greets() { # HOST NAME
    [ "$(net_on "$1" timeout 10 autobus-call --raw "name=$2" greet 2>/dev/null)" = hello ]
}

# ---- No network

case_none() {
    serve none none
    check 'without any interface a service starts' wait_for 10 grep -q 'published as' "$room/none.err"
    begun=$(ticks none)
    check 'and who looks is told that there is none' exits 3 net_on none autobus-browse --wait 1
    sleep 2
    check 'which costs nothing' [ $(($(ticks none) - begun)) -le 20 ]
    net_on none ip link set lo up
    check 'with loopback it is found' wait_for 20 greets none none
    net_join none eth0 10.0.0.20/24
    check 'with a network by others too' wait_for 20 greets hall none
}

# ---- No way out: no host here has a default route, and this one none at all

case_routes() {
    net_on alone ip route flush table main
    serve alone alone
    check 'without any route its own services are found' wait_for 20 greets alone alone
    net_on alone ip route add 10.0.0.0/24 dev eth0
    check 'with one by others too' wait_for 20 greets hall alone
}

# ---- Interfaces and addresses that go and come, under services that are in use

case_moving() {
    serve moving moving
    start hall moving.watch autobus-watch -v name=moving n
    check 'moving: it is watched' wait_for 20 grep -q moving "$room/moving.watch"
    net_on moving ip link set eth0 down
    sleep 20 # nobody there gives it up before 25 s
    check 'moving: an interface goes' wait_for 10 grep -q 'is gone' "$room/moving.watch.err"
    net_on moving ip link set eth0 up
    check 'moving: and comes' wait_for 5 grep -q 'is back' "$room/moving.watch.err"
}

case_moved() {
    serve moved moved
    start hall moved.watch autobus-watch -v name=moved n
    start moved moved.sees autobus-watch -v name=hall n
    check 'moved: it is watched' wait_for 20 grep -q moved "$room/moved.watch"
    check 'moved: and watches' wait_for 20 grep -q hall "$room/moved.sees"
    net_on moved ip addr flush dev eth0
    net_on moved ip addr add 10.0.0.33/24 brd + dev eth0
    check 'moved: with another address it is called' wait_for 5 greets hall moved
    check 'moved: watches on soon' wait_for 8 grep -q 'is back' "$room/moved.sees.err"
    sleep 12
    check 'moved: and is watched on' wait_for 18 grep -q 'is back' "$room/moved.watch.err"
    net_on hall autobus-browse --json name=moved >"$room/moved.json"
    check 'moved: there' grep -q '"host":"10.0.0.33"' "$room/moved.json"
}

# ---- Ports that somebody else has

case_ports() {
    start cellar holds.udp stranger hold udp 52722
    start cellar holds.tcp stranger hold tcp 52722
    wait_for 10 grep -q holding "$room/holds.udp"
    wait_for 10 grep -q holding "$room/holds.tcp"
    serve cellar cellar
    check 'ports: one that cannot be had is said' wait_for 10 grep -q \
        'services of others are not found for now: port 52722/udp cannot be had: Address already in use' \
        "$room/cellar.err"
    check 'ports: others find it all the same' wait_for 20 greets hall cellar
    net_on hall autobus-browse --json name=cellar >"$room/cellar.json"
    check 'ports: at the next port' grep -q '"port":52723' "$room/cellar.json"
    kill "$(pid holds.udp)" "$(pid holds.tcp)"
    check 'ports: it is tried again' wait_for 10 grep -q 'port 52722/udp is to be had again' "$room/cellar.err"
    check 'ports: the other one too' wait_for 20 grep -q 'now listening on port 52722 too' "$room/cellar.err"
}

# A bus that stays on its machine has the first port there, and others that know the host find the one that does not.
case_private() {
    start private private env AUTOBUS_INTERFACES=lo autobus-serve --verbose --info type=private --object n=1 </dev/null
    wait_for 10 grep -q 'published as' "$room/private.err"
    serve private public
    check 'private: one port is had twice' wait_for 20 grep -q 'now listening on port 52722 too' "$room/public.err"
    knows() {
        [ "$(net_on hall env AUTOBUS_DISCOVERY=none AUTOBUS_SEEDS=10.0.0.8 timeout 10 autobus-browse --json | grep -c "$1")" = "$2" ]
    }
    check 'private: the host is known for what it has' wait_for 20 knows '"name":"public"' 1
    check 'private: and for no more' knows '"type":"private"' 0
}

# ---- No descriptors

case_descriptors() {
    start busy busy sh -c 'ulimit -n 40 && exec autobus-serve --log info --info type=test.room --info name=busy --object n=1' \
        </dev/null
    start hall busy.watch autobus-watch name=busy n
    check 'descriptors: it is watched' wait_for 20 grep -q 1 "$room/busy.watch"
    start hall crowd stranger crowd 10.0.0.6 52722 60
    check 'descriptors: that there are none is said' wait_for 10 grep -q \
        'a connection cannot be accepted: Too many open files' "$room/busy.err"
    begun=$(ticks busy)
    sleep 3
    spent=$(($(ticks busy) - begun))
    echo "descriptors: three seconds without any took ${spent}0 ms of processor time"
    check 'descriptors: nothing spins' [ "$spent" -le 30 ]
    kill "$(pid crowd)"
    check 'descriptors: with some again it is called' wait_for 20 sh -c \
        'nsenter --target "$0" --net timeout 5 autobus-watch --once name=busy n' "$net_holder_hall"
    check 'descriptors: and was never lost' sh -c '! grep -q gone "$0"' "$room/busy.watch.err"
}

# ---- Threads with small stacks

deep=$(printf '%060d' 0 | sed 's/0/[/g')$(printf '%060d' 0 | sed 's/0/]/g')
case_stacks() {
    start small small sh -c 'ulimit -s 128 && exec autobus-serve --info type=test.room --info name=small --function "echo=printf %s \"\$1\""' \
        </dev/null
    calls_deep() {
        [ "$(net_on small sh -c 'ulimit -s 128 && timeout 10 autobus-call name=small echo "$0"' "$deep")" = "$deep" ]
    }
    check 'stacks: 128 KiB are enough for the deepest JSON' wait_for 20 calls_deep
}

address=0
for host in hall alone moving moved cellar busy small private; do
    address=$((address + 1))
    net_host $host
    net_join $host eth0 10.0.0.$address/24
done
serve hall hall
net_host none
net_on none ip link set lo down

all_cases none routes moving moved ports private descriptors stacks
[ "$check_failed" != 0 ] || echo 'figure: 10 faults survived'
check_end
