#!/bin/sh
# Three services on two hosts, called all at once: as a call, with one that fails and one that is too slow, as a notice,
# and when there is nobody.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by wait_for
. "${0%/*}/lib-hosts.sh"

net_host kitchen
net_host hall
net_join kitchen eth0 10.0.0.1/24
net_join kitchen eth1 10.0.1.1/24 lan1
net_join hall eth0 10.0.0.2/24
net_join hall eth1 10.0.1.2/24 lan1

fail() { # TEXT…
    echo "FAILED: $*"
    sed 's/^/    /' "$room"/out "$room"/err
    exit 1
}

serve() { # HOST NAME ARGUMENT…: its pid is $net_pid
    serve_host=$1
    serve_name=$2
    shift 2
    net_spawn "$serve_host" autobus-serve --quiet --info type=test.room --info "name=$serve_name" \
        --function 'greet=printf "hello %s from '"$serve_name"'" "$1"' \
        --function "note=echo x >>'$room/$serve_name.noted'" "$@" </dev/null >"$room/$serve_name.log" 2>&1
}

try() { # STATUS ARGUMENT…: of autobus-call on hall
    wanted=$1
    shift
    status=0
    net_on hall timeout 30 autobus-call "$@" >"$room/out" 2>"$room/err" || status=$?
    [ "$status" = "$wanted" ] || fail "autobus-call $*: status $status, not $wanted"
}

lines() { # NUMBER PATTERN: so many lines have it
    [ "$(grep -c "$2" "$room/out")" = "$1" ] || fail "not $1 lines with $2"
}

sees() { # NUMBER: how many services hall sees
    [ "$(net_on hall timeout 20 autobus-browse --json test.room | grep -c '"service"')" = "$1" ]
}

noted() { # NAME…
    for noted_name; do
        [ -s "$room/$noted_name.noted" ] || return 1
    done
}

serve kitchen oven
serve kitchen fridge --function 'mood=exit 3' --function 'wait=sleep 20'
fridge=$net_pid
serve hall door --function 'mood=echo fine' --function 'wait=echo done'
wait_for 20 sees 3 || fail 'three services are not seen'

# ---- Each once, over whatever route.
try 0 --multiple test.room greet you
lines 3 '^{"service":".*","result":"hello you from [a-z]*"}$'
for name in oven fridge door; do
    lines 1 "from $name\""
done

# ---- A result or an error of each, and the highest status.
try 3 --multiple test.room mood
lines 1 '"result":"fine"'
lines 1 '"error":{"type":"no_such_function"'
lines 1 '"error":{"type":"exception"'
try 4 --multiple --timeout 1 'type=test.room,name~fridge|door' wait
lines 1 '"result":"done"'
lines 1 '"error":{"type":"timeout"'

# ---- Notices.
try 0 --multiple --notice test.room note
lines 0 .
wait_for 20 noted oven fridge door || fail 'not all have the notice'

# ---- One dies.
kill -9 "$fridge"
wait_for 60 sees 2 || fail 'a dead service is seen'
try 0 --multiple test.room greet you
lines 2 '"result":"hello you from '

# ---- Nobody, and what makes no sense.
try 3 --multiple --wait 0.5 test.garden greet
grep -q 'no service matches test.garden' "$room/err" || fail 'it did not say so'
try 2 --multiple 10.0.0.1:52722/x greet
grep -q -e '--multiple needs a filter' "$room/err" || fail 'it did not say so'
echo ok
