#!/bin/sh
# The example programs: each does what its first comment says, with the tools as its users, and ends
# well at SIGTERM.
set -eu
: "${top_srcdir:?run by make check}" "${top_builddir:?}"
# shellcheck source=tests/lib-docs.sh
. "$top_srcdir/tests/lib-docs.sh"

examples=$top_builddir/tools/examples
tools=$top_builddir/tools

start() { # NAME PROGRAM ARGUMENT…: in the background, its pid is $pid
    name=$1
    shift
    "$@" >"$folder/$name.out" 2>"$folder/$name.err" &
    pid=$!
    pids="$pids $pid"
}
stop() { # PID NAME: SIGTERM, and it must end with 0
    kill -TERM "$1"
    wait "$1" || fail "$2 ended with $?"
}
within() { # SECONDS COMMAND…: again and again until it succeeds
    wait_for "$@" || fail "not in time: $*"
}
same() { # TEXT EXPECTED
    [ "$1" = "$2" ] || fail "'$1' where '$2' was expected"
}

# ---- cpu-monitor: three objects, each with what /proc says.

start cpu-monitor "$examples/cpu-monitor" 1
monitor=$pid
host=$(uname -n)
value=$("$tools/autobus-watch" -W 10 --once "type=monitor,monitor.host=$host" cpu)
expr "$value" : '{"percent":[0-9.e-]*,"processors":[1-9][0-9]*}$' >/dev/null || fail "cpu is $value"
value=$("$tools/autobus-watch" -W 10 --once monitor memory)
total=$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)
expr "$value" : '{"total_kib":'"$total"',"available_kib":[0-9]*}$' >/dev/null || fail "memory is $value"
value=$("$tools/autobus-watch" -W 10 --once monitor load)
expr "$value" : '{"1min":[0-9.]*,"5min":[0-9.]*,"15min":[0-9.]*}$' >/dev/null || fail "load is $value"
stop "$monitor" cpu-monitor
"$examples/cpu-monitor" 0 2>/dev/null && fail 'cpu-monitor 0 is no usage'

# Its unit is one that systemd takes.
if command -v systemd-analyze >/dev/null; then
    sed "s,/usr/local/bin,$examples," "$top_srcdir/tools/examples/cpu-monitor.service" >"$folder/cpu-monitor.service"
    systemd-analyze --man=no verify "$folder/cpu-monitor.service" >"$folder/unit" 2>&1 || true
    ! grep 'cpu-monitor' "$folder/unit" || fail 'systemd-analyze complains'
fi

# ---- thermostat and its client.

start thermostat "$examples/thermostat" hall 1
thermostat=$pid
same "$("$tools/autobus-call" -W 10 'thermostat,room=hall' get_target)" 20.0
start client "$examples/thermostat-client" hall
client=$pid
within 10 grep -q '^target: 20.0$' "$folder/client.out"
within 10 grep -q '^temperature: ' "$folder/client.out"

"$examples/thermostat-client" hall 21.5 >"$folder/set.out" 2>&1 || fail 'thermostat-client hall 21.5'
same "$(cat "$folder/set.out")" ''
within 10 grep -q '^target: 21.5$' "$folder/client.out"
same "$("$tools/autobus-call" thermostat get_target)" 21.5

! "$examples/thermostat-client" hall 99 >"$folder/set.out" 2>&1 || fail 'thermostat-client hall 99'
same "$(cat "$folder/set.out")" 'not set: "99.0 is not from 5 to 30 degrees"'
status=0
"$tools/autobus-call" thermostat set_target warm 2>/dev/null || status=$?
same $status 1
"$examples/thermostat-client" hall warm 2>/dev/null && fail 'thermostat-client hall warm is no usage'

# It falls silent, and the client says so and goes on with the next that starts.
stop "$thermostat" thermostat
within 10 grep -q 'hall is gone$' "$folder/client.out"
start thermostat2 "$examples/thermostat" hall 1
within 20 sh -c "[ \"\$(grep -c 'hall is there\$' '$folder/client.out')\" = 2 ]"
stop "$client" thermostat-client
stop "$pid" thermostat

# ---- doorbell and speaker. The bell is pressed until it is heard, since only the speaker knows when
# it listens.

start speaker "$examples/speaker"
speaker=$pid
"$tools/autobus-call" -W 10 speaker say 'Dinner is ready' >"$folder/say.out"
same "$(cat "$folder/say.out")" null
grep -q '^Dinner is ready$' "$folder/speaker.out" || fail 'speaker said nothing'
escape=$(printf '\033')
"$tools/autobus-call" speaker say "${escape}[31mred" >/dev/null
grep -q '^?\[31mred$' "$folder/speaker.out" || fail 'speaker did not mask what a terminal obeys'

mkfifo "$folder/button"
"$examples/doorbell" front <"$folder/button" >"$folder/doorbell.out" 2>"$folder/doorbell.err" &
doorbell=$!
pids="$pids $doorbell"
exec 3>"$folder/button"
pressed() { # TEXT FILE: presses the button, and looks whether that made a line of the text
    echo >&3
    grep -q "^$1\$" "$2"
}
within 10 pressed 'someone is at the door' "$folder/speaker.out"
start listen "$tools/autobus-listen" -W 10 --count 1 doorbell rang
listener=$pid
within 10 pressed '\["front"\]' "$folder/listen.out"
wait "$listener" || fail "autobus-listen ended with $?"
same "$(cat "$folder/listen.out")" '["front"]'
exec 3>&-
"$tools/autobus-call" doorbell press >/dev/null || fail 'press after the end of input'
stop $doorbell doorbell
stop "$speaker" speaker

start speaker2 "$examples/speaker" sh -c "cat >>'$folder/voice'; echo >>'$folder/voice'"
"$tools/autobus-call" -W 10 speaker say "it's \$(ten)" >/dev/null
same "$(cat "$folder/voice")" "it's \$(ten)"
stop "$pid" speaker
start speaker3 "$examples/speaker" false
status=0
"$tools/autobus-call" -W 10 speaker say hello 2>/dev/null || status=$?
same $status 1
stop "$pid" speaker

for file in "$folder"/*.err; do
    [ ! -s "$file" ] || fail "${file##*/} has something"
done
