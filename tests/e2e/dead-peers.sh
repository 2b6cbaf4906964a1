#!/bin/sh
# Peers that are slow, stopped, cut off or false, on pretend hosts and with the real tools. Each case takes most of the
# 30 s within which a silent peer must be noticed, so all of them run at once; nothing of it costs processor time.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by check
. "${0%/*}/lib-hosts.sh"

# ---- The scene: a hall with watchers, and for each case some hosts with a service each

join() { # HOST ADDRESS [INTERFACE SWITCH]: $room/HOST.INTERFACE is the place of its cable in the switch
    net_join "$1" "${3-eth0}" "$2/24" "${4-lan0}"
    echo "port$net_count" >"$room/$1.${3-eth0}"
}

port() { # HOST.INTERFACE
    cat "$room/$1"
}

serve() { # HOST TYPE: its object n is the host's name
    start "$1" "$1" autobus-serve --log info --info "type=$2" --object "n=\"$1\"" </dev/null
}

address=10
pair() { # TYPE: the hosts TYPE1 and TYPE2, and a watcher of one of them
    for pair_host in "${1}1" "${1}2"; do
        address=$((address + 1))
        net_host "$pair_host"
        join "$pair_host" "10.0.0.$address"
        serve "$pair_host" "$1"
    done
    start hall "$1.watch" autobus-watch --any "type=$1" n
}

net_host hall
join hall 10.0.0.1
for type in stopped cut unplugged vanished; do
    pair $type
done

# One that is stopped for a short time, and so is its watcher.
net_host nap
join nap 10.0.0.8
mkfifo "$room/nap.in"
start nap nap autobus-serve --log info --info type=nap --object n=0 <>"$room/nap.in"
start hall nap.watch autobus-watch -v --log info type=nap n

# A client with two ways to a service.
net_host den
net_host attic
join den 10.0.0.2
join den 10.0.1.2 eth1 lan1
join attic 10.0.0.3
join attic 10.0.1.3 eth1 lan1
serve attic ways
start den ways.watch autobus-watch type=ways n

# One that accepts and drops, and announces itself a hundred times a second.
net_host liar
join liar 10.0.0.4
start liar dropped stranger drop 700
start hall liar.watch autobus-watch --any type=liar n
start hall liar.browse autobus-browse --watch type=liar

# A client of the existing implementation, which answers no pings.
net_host museum
net_host old
join museum 10.0.0.6
join old 10.0.0.7
serve museum museum
wait_for 20 sh -c 'nsenter --target "$0" --net autobus-browse --json type=museum >"$1"' "$net_holder_museum" "$room/museum.json"
mkfifo "$room/old.in"
start old old legacy-peer client 10.0.0.6 52722 "$(sed -n 's/.*"service":"\([^"]*\)".*/\1/p' "$room/museum.json" | head -n 1)" \
    <>"$room/old.in"

# One with listeners and watchers, some of which stop.
net_host radio
join radio 10.0.0.5
mkfifo "$room/radio.in"
start radio radio autobus-serve --log info --info type=radio --event rang --object 'n=0' <>"$room/radio.in"
for name in one two stuck; do
    start hall "$name.listen" autobus-listen -v type=radio rang
done
for name in one slow; do
    start hall "$name.see" autobus-watch type=radio n
done

# ---- The cases

used() { # TYPE: the host that its watcher is bound to
    tail -n 1 "$room/$1.watch" | tr -d '"'
}

has_lines() { # COUNT FILE
    [ "$(wc -l <"$room/$2")" = "$1" ]
}

# What is noticed late, is told with the time it took.
noticed() { # TYPE SECONDS COMMAND…: does that to the host in use
    noticed_type=$1
    noticed_within=$2
    shift 2
    check "$noticed_type: the watcher sees a value" wait_for 20 has_lines 1 "$noticed_type.watch"
    noticed_host=$(used "$noticed_type")
    begun=$(date +%s)
    "$@" "$noticed_host"
    noticed_left=$noticed_within
    if [ "$noticed_within" -ge 30 ]; then # nobody is asked for a sign of life before 15 s, nor given up before 25
        sleep 20
        noticed_left=$((noticed_within - 20))
    fi
    check "$noticed_type: it is noticed within $noticed_within s" \
        wait_for "$noticed_left" grep -q 'is gone' "$room/$noticed_type.watch.err"
    echo "$noticed_type: after $(($(date +%s) - begun)) s"
}

elsewhere() { # TYPE
    check "$1: the other one is seen at once" wait_for 3 has_lines 2 "$1.watch"
    check "$1: which is another" [ "$(used "$1")" != "$noticed_host" ]
}

stop() { # HOST
    kill -STOP "$(pid "$1")"
}

cut() { # HOST: somewhere between two switches
    ip link set "$(port "$1.eth0")" nomaster
}

unplug() { # HOST
    ip link set "$(port "$1.eth0")" down
}

vanish() { # HOST: it is gone without a word, and when it is back nobody there has its address
    cut "$1"
    kill -9 "$(pid "$1")"
    net_on "$1" ip addr flush dev eth0
    ip link set "$(port "$1.eth0")" master lan0
}

case_stopped() {
    noticed stopped 30 stop
    elsewhere stopped
    kill -CONT "$(pid "$noticed_host")"
    check 'stopped: one that goes on is seen again' wait_for 20 sh -c \
        '[ "$(nsenter --target '"$net_holder_hall"' --net autobus-browse --json type=stopped | grep -c service)" = 2 ]'
}

case_nap() {
    check 'nap: a value is seen' wait_for 20 has_lines 1 nap.watch
    for name in nap nap.watch; do
        kill -STOP "$(pid "$name")"
        sleep 8
        kill -CONT "$(pid "$name")"
    done
    echo n=1 >"$room/nap.in"
    check 'nap: the next value is seen' wait_for 5 has_lines 2 nap.watch
    check 'nap: nobody was lost' sh -c '! grep -qE "is gone|cut off" "$@"' sh "$room/nap.watch.err" "$room/nap.err"
}

case_cut() {
    noticed cut 30 cut
    elsewhere cut
    check 'cut: its clients are cut off there' wait_for 10 grep -q 'cut off: it does not answer' "$room/$noticed_host.err"
}

case_unplugged() {
    noticed unplugged 30 unplug
    elsewhere unplugged
    check 'unplugged: its clients are cut off there' \
        grep -q 'client 10.0.0.1:[0-9]* of service [^ ]* is cut off: it does not answer' "$room/$noticed_host.err"
}

case_vanished() {
    noticed vanished 30 vanish
    elsewhere vanished
}

own_way_down() { # HOST
    own_way=eth0
    ! net_on den ss -Htn state established dst 10.0.1.3 | grep -q . || own_way=eth1
    net_on den ip link set "$own_way" down
}

case_own() {
    noticed ways 8 own_way_down
    check 'ways: there is another way, which is used at once' wait_for 3 has_lines 2 ways.watch
}

# As the system of the museum sees it.
old_is_there() {
    net_on museum ss -Htn state established dst 10.0.0.7 | grep -q .
}

old_is_gone() {
    ! old_is_there
}

case_old() {
    check 'old: it is bound' wait_for 20 grep -q bound "$room/old"
    check 'old: the connection stands' old_is_there
    cut old
    sleep 20
    check 'old: it is noticed within 30 s' wait_for 10 old_is_gone
}

announcement='{"command": "add", "port": 700, "service": "dropper", "info": {"type": "liar"}}'
case_false() {
    wait_for 20 test -s "$room/liar.browse" # it has settled
    start liar repeat stranger repeat 10 10.0.0.255 52722 "$announcement"
    sleep 20
    attempts=$(wc -l <"$room/dropped")
    spent=$(($(ticks liar.watch) + $(ticks liar.browse)))
    echo "false: $attempts connections for 2,000 announcements, which took ${spent}0 ms of processor time"
    check 'false: it is tried' [ "$attempts" -ge 5 ]
    check 'false: ever more rarely' [ "$attempts" -le 60 ]
    check 'false: which costs nothing' [ "$spent" -le 200 ]
    serve liar liar
    check 'false: an honest one is used at once' wait_for 3 has_lines 1 liar.watch
}

# 65,536 bytes of JSON.
long=$(printf '%065530d' 0)
say() { # LINE
    echo "$1" >"$room/radio.in"
}

case_slow() {
    for name in one.listen two.listen stuck.listen; do
        check "slow: $name is connected" wait_for 20 grep -q connected "$room/$name.err"
    done
    check 'slow: values are seen' wait_for 20 has_lines 1 one.see
    check 'slow: by the other too' wait_for 20 has_lines 1 slow.see
    heard() {
        say 'rang 0'
        grep -q 0 "$room/one.listen" && grep -q 0 "$room/two.listen" && grep -q 0 "$room/stuck.listen"
    }
    check 'slow: events are heard' wait_for 20 heard
    say 'rang "begin"'
    kill -STOP "$(pid stuck.listen)" "$(pid slow.see)"
    for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
        for part in 1 2 3 4 5 6 7 8 9 10; do
            say "rang \"$number-$part\" \"$long\""
            say "n=\"$number-$part $long\""
        done
        # At the pace of those who read.
        wait_for 20 grep -q "\"$number-10\"" "$room/one.listen"
        wait_for 20 grep -q "\"$number-10\"" "$room/two.listen"
        wait_for 20 grep -q "\"$number-10 " "$room/one.see"
    done
    say 'n="last"'
    check 'slow: one that reads sees the last value' wait_for 5 grep -q '"last"' "$room/one.see"
    kill -CONT "$(pid slow.see)"
    check 'slow: one that did not sees it too' wait_for 5 grep -q '"last"' "$room/slow.see"
    check 'slow: and not all before it' [ "$(wc -l <"$room/slow.see")" -lt 110 ]
    check 'slow: a listener that does not read is cut off by name' wait_for 15 \
        grep -q 'client 10.0.0.1:[0-9]* of service [^ ]* is cut off: it ' "$room/radio.err"
    say 'rang "end"'
    for name in one two; do
        check "slow: $name hears on" wait_for 5 grep -q '"end"' "$room/$name.listen"
        check "slow: $name heard every event" \
            [ "$(sed -n '/begin/,/end/p' "$room/$name.listen" | wc -l)" = 122 ]
    done
    net_on hall autobus-browse --verbose type=radio >"$room/radio.told"
    check 'slow: who looks is told' grep -q \
        'bus       answers in [0-9.]* ms.*, 1 client cut off.* values replaced by newer ones' "$room/radio.told"
    net_on hall autobus-browse --verbose --json type=radio >"$room/radio.json"
    check 'slow: in numbers too' grep -q '"inbound":{[^}]*"slow":1[,}].*"bytes":{[^}]*"waiting_most":[0-9]\{5,\}' "$room/radio.json"
    kill -CONT "$(pid stuck.listen)"
    check 'slow: who was cut off says so' wait_for 10 grep -q 'is gone' "$room/stuck.listen.err"
    check 'slow: and is back' wait_for 10 grep -q 'is back' "$room/stuck.listen.err"
}

all_cases stopped nap cut unplugged vanished own old false slow
[ "$check_failed" != 0 ] || echo 'figure: 10 faults survived'
check_end
