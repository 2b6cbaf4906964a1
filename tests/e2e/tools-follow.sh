#!/bin/sh
# autobus-listen and autobus-watch: lines, labels, services that go and come back, and a reader that goes away.
# shellcheck source=/dev/null disable=SC2154,SC2034 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"

mkfifo "$work/hall.in" "$work/attic.in"
serve_with_input() { # NAME OPTION…
    input_name=$1
    shift
    serve "$input_name" --event rang --object 'state="new"' --object 'temperature=20' "$@" <"$work/$input_name.in"
}

# Nobody is there.
try autobus-watch --wait 0.5 thermostat temperature
is 3
err 'no service matches thermostat'
try autobus-listen --wait 0.5 --any thermostat rang
is 3

start events autobus-listen thermostat rang
start values autobus-watch thermostat temperature
start objects autobus-watch --json thermostat temperature
start raws autobus-watch --raw --time thermostat state

exec 8<>"$work/hall.in"
serve_with_input hall --info type=thermostat --info name=Hall
until_true grep -qx 20 "$work/values.out"

# ---- lines
echo 'temperature=21.3' >&8
until_true grep -qx 21.3 "$work/values.out"
until_true grep -qxF "{\"service\":\"$hall_id\",\"object\":\"temperature\",\"value\":21.3}" "$work/objects.out"
echo 'state=a b' >&8
until_true grep -qE '^[0-9-]+T[0-9:.]+[+-][0-9]{2}:[0-9]{2} a b$' "$work/raws.out"
echo 'rang "front door" 2 {"a": 1}' >&8
until_true grep -qxF '["front door",2,{"a":1}]' "$work/events.out"

# ---- once and count
try autobus-watch --once thermostat temperature
is 0
quiet
out 21.3
try autobus-watch --once --json "$hall_id" temperature
is 0
out "{\"service\":\"$hall_id\",\"object\":\"temperature\",\"value\":21.3}"
try autobus-watch --once thermostat temprature
is 3
out ''
err 'Hall has no object temprature'
err 'did you mean temperature?'
start counted autobus-listen --count 2 --json -v thermostat rang
until_true grep -q 'Hall: connected' "$work/counted.err"
start rawargs autobus-listen --count 1 --raw -v thermostat rang
until_true grep -q 'Hall: connected' "$work/rawargs.err"
start typo autobus-listen thermostat rnag
until_true grep -q 'did you mean rang?' "$work/typo.err"
# Listening begins a moment after the connection, so it rings until both have heard enough.
ring_until() { # PID
    echo 'rang 1 x' >&8
    ! kill -0 "$1" 2>/dev/null
}
until_true ring_until "$counted_pid"
until_true ring_until "$rawargs_pid"
ended counted
is 0
[ "$(cat "$work/counted.out")" = "$(printf '{"service":"%s","event":"rang","args":[1,"x"]}\n' "$hall_id" "$hall_id")" ] ||
    fail 'listen --count 2 --json printed something else'
ended rawargs
is 0
[ "$(cat "$work/rawargs.out")" = "$(printf '1\tx')" ] || fail 'listen --raw printed something else'

# ---- several
exec 9<>"$work/attic.in"
serve_with_input attic --info type=thermostat --info name=Attic
until_true grep -qx 'Attic: 20' "$work/values.out"
echo 'temperature=22' >&8
until_true grep -qx 'Hall: 22' "$work/values.out"
echo 'rang' >&9
until_true grep -qx 'Attic: \[\]' "$work/events.out"

# ---- gone and back
kill -9 "$attic_pid"
until_true grep -q 'Attic is gone' "$work/values.err"
until_true grep -qxF "{\"service\":\"$attic_id\",\"object\":\"temperature\"}" "$work/objects.out"
serve_with_input attic --info type=thermostat --info name=Attic
until_true grep -q 'Attic is back' "$work/values.err"
until_true test "$(grep -cx 'Attic: 20' "$work/values.out")" = 2
kill "$attic_pid" # with a goodbye
ended attic
until_true test "$(grep -c 'Attic is gone' "$work/values.err")" = 2

# ---- ends
kill -INT "$values_pid"
ended values
is 0
kill -TERM "$events_pid"
ended events
is 0

# A reader that goes away ends it, also while it has nothing to say.
mkfifo "$work/pipe"
autobus-watch thermostat temperature >"$work/pipe" 2>"$work/piped.err" &
piped_pid=$!
pids="$pids $piped_pid"
head -n 1 "$work/pipe" >"$work/first"
[ "$(cat "$work/first")" = 22 ] || fail 'the first line of a pipe'
gone() { ! kill -0 "$piped_pid" 2>/dev/null; }
until_true gone
[ ! -s "$work/piped.err" ] || fail 'it did not end quietly'

# A place: when the connection is lost the tool ends.
try autobus-browse --json "$hall_id"
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$work/out")
try autobus-watch --once "127.0.0.1:$port" details
is 0
out_has "$hall_id"
start place autobus-watch "127.0.0.1:$port/$hall_id" temperature
until_true grep -qx 22 "$work/place.out"
kill -9 "$hall_pid"
ended place
is 5
try autobus-listen "127.0.0.1:$port/$hall_id" rang
[ "$status" = 5 ] || [ "$status" = 3 ] || fail "status $status" # another test's bus may have the port by now

done_testing
