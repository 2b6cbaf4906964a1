#!/bin/sh
# The lamp of the examples, in each of its loops: its callbacks come, its own input, timer and signals
# too, and it ends well.
set -eu
: "${top_srcdir:?run by make check}" "${top_builddir:?}"
# shellcheck source=tests/lib-docs.sh
. "$top_srcdir/tests/lib-docs.sh"

examples=$top_builddir/tools/examples
tools=$top_builddir/tools

# The last line that the lamp printed, within 10 s.
is_now() { # TEXT
    wait_for 10 sh -c "[ \"\$(tail -n 1 '$folder/lamp.out')\" = $1 ]" || fail "not $1"
}
ring() {
    echo >&4
    grep -q on "$folder/lamp.out"
}

try() { # SIGNAL
    echo "$loop, which ends at SIG$1"
    : >"$folder/lamp.out"
    rm -f "$folder/switch" "$folder/button"
    mkfifo "$folder/switch" "$folder/button"
    "$examples/lamp-$loop" porch 1 <"$folder/switch" >"$folder/lamp.out" 2>"$folder/lamp.err" &
    lamp=$!
    pids="$pids $lamp"
    exec 3>"$folder/switch"

    # Others switch it, and then it does so itself.
    [ "$("$tools/autobus-call" -W 10 lamp switch true)" = null ] || fail 'switch'
    is_now on
    [ "$("$tools/autobus-watch" -W 10 --once 'lamp,name=porch' on)" = true ] || fail 'not seen to be on'
    echo >&3
    is_now off
    "$tools/autobus-call" lamp switch maybe 2>/dev/null && fail 'maybe is no switch'

    # It hears a doorbell, once it listens, and goes off by its own clock.
    : >"$folder/lamp.out"
    "$examples/doorbell" front <"$folder/button" >"$folder/doorbell.out" 2>&1 &
    doorbell=$!
    pids="$pids $doorbell"
    exec 4>"$folder/button"
    wait_for 10 ring || fail 'it does not hear the doorbell'
    is_now off
    exec 4>&-
    kill -TERM $doorbell
    wait $doorbell || fail "the doorbell ended with $?"

    # The end of its input is not its own.
    exec 3>&-
    "$tools/autobus-call" lamp switch true >/dev/null || fail 'no answer after the end of input'
    kill "-$1" $lamp
    wait $lamp || fail "it ended with $?"
    [ ! -s "$folder/lamp.err" ] || fail 'it complains'
}

for loop in poll libevent glib; do
    [ -x "$examples/lamp-$loop" ] || continue
    for signal in TERM INT; do
        try $signal
    done
done
[ -x "$examples/lamp-glib" ] || { echo 'GLib was not there when this was configured' && exit 77; }
