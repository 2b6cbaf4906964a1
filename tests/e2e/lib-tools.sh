# The tools on loopback, for scripts. Source it. Each script has a discovery port of its own, so that two that run at the
# same time do not meet. Everything that was started ends with the script.
#
#     . "${0%/*}/lib-tools.sh"
#     serve hall --info type=thermostat …         # publishes in the background: $hall_pid, $hall_id
#     try autobus-call thermostat get             # runs it: $status, $work/out, $work/err
#     is 3                                        # its exit status
#     out '21.5'                                  # all of its standard output
#     err 'no such function'                      # a part of its standard error
#     insist 2 autobus-call …                     # the same until it has that status
#     insist_lines 4 autobus-browse               # until it has that many lines
#     until_true grep -q back "$work/log"         # waits for it, but not for ever
#     done_testing
# shellcheck shell=sh

: "${top_builddir:?}"
work=$(mktemp -d) || exit 1
pids=
failures=0
status=0
AUTOBUS_INTERFACES=lo
AUTOBUS_DISCOVERY_PORT=$((20000 + $$ % 30000))
PATH=$top_builddir/tools:$PATH
export AUTOBUS_INTERFACES AUTOBUS_DISCOVERY_PORT PATH
unset NO_COLOR NOTIFY_SOCKET

# Numbers of processes are used again: only what is still a child of this script is ended.
leave() {
    for pid in $pids; do
        ! grep -qs "^PPid:[[:space:]]*$$\$" "/proc/$pid/status" || kill -9 "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() { # WORD…
    failures=$((failures + 1))
    echo "FAIL: $what: $*" >&2
    [ ! -s "$work/out" ] || sed 's/^/  out: /' "$work/out" >&2
    [ ! -s "$work/err" ] || sed 's/^/  err: /' "$work/err" >&2
}

try() { # COMMAND ARGUMENT…: standard input is the caller's
    what=$*
    status=0
    timeout 30 "$@" >"$work/out" 2>"$work/err" || status=$?
}

is() { # STATUS
    [ "$status" = "$1" ] || fail "status $status, not $1"
}

out() { # TEXT: all of it
    [ "$(cat "$work/out")" = "$1" ] || fail "its output is not: $1"
}

out_has() { # REGEX
    grep -qE -e "$1" "$work/out" || fail "its output has no $1"
}

err() { # TEXT: a part of it
    grep -qF -e "$1" "$work/err" || fail "it did not say: $1"
}

# A bus answers ten queries at once and two a second after that, so of scripts as busy as these a tool may see a part of
# the services only. These run it again, at a pace that all can answer, until it sees all.
insist() { # STATUS COMMAND…
    insist_status=$1
    shift
    insist_that has_status "$@"
}
has_status() {
    [ "$status" = "$insist_status" ]
}
insist_lines() { # NUMBER COMMAND…
    insist_number=$1
    shift
    insist_that has_lines "$@"
}
has_lines() {
    [ "$(wc -l <"$work/out")" = "$insist_number" ]
}
insist_that() { # TEST COMMAND…
    insist_test=$1
    shift
    for _ in 1 2 3 4 5 6 7 8; do
        try "$@"
        ! $insist_test || return 0
        sleep 0.7
    done
    fail 'it did not come true'
}

quiet() {
    [ ! -s "$work/err" ] || fail 'it said something on standard error'
}

until_true() { # COMMAND…: at most 15 s
    until_end=$(($(date +%s) + 15))
    until "$@"; do
        if [ "$(date +%s)" -gt $until_end ]; then
            what=$*
            fail 'it did not come true'
            return 1
        fi
        sleep 0.05
    done
}

# Standard input is the caller's, which a shell's & alone would take away.
start() { # NAME COMMAND…: in the background; its output is $work/NAME.out and .err, its pid $NAME_pid
    name=$1
    shift
    : >"$work/$name.out" 2>"$work/$name.err" # there before anybody looks into them
    { "$@" <&3 3<&- >"$work/$name.out" 2>"$work/$name.err" & } 3<&0
    eval "${name}_pid=$!"
    pids="$pids $!"
}

serve() { # NAME OPTION…
    serve_name=$1
    shift
    start "$serve_name" autobus-serve --verbose "$@"
    until_true grep -q 'published as' "$work/$serve_name.err" || exit 1
    eval "${serve_name}_id=\$(sed -n 's/.*published as //p' \"$work/$serve_name.err\")"
}

ended() { # NAME: waits for it, and sets $status
    what=$1
    eval "wait \$${1}_pid"
    status=$?
}

done_testing() {
    [ $failures = 0 ] || exit 1
    echo ok
}
