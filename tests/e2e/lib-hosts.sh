# The tools on pretend hosts, for scripts: tests/lib-net.sh and tests/lib-wait.sh, a room for files, and programs that go
# by a name. Source it: the script runs again in a network of its own, or ends with 77 where that is not allowed.
#
#     . "${0%/*}/lib-hosts.sh"
#     net_host hall                             # and all else of lib-net.sh and lib-wait.sh
#     start hall clock autobus-watch …          # in the background: its output is $room/clock and clock.err
#     kill "$(pid clock)"
#     ticks clock                               # what it took of the processor so far, in hundredths of a second
#     all_cases cut moved                       # runs case_cut and case_moved at once, and tells what they said
#     check_end
# shellcheck shell=sh

. "${top_srcdir:?}/tests/lib-net.sh"
. "$top_srcdir/tests/lib-wait.sh"
net_enter "$0" "$@" || exit 77

PATH=${top_builddir:?}/tools:$top_builddir/tests/e2e:$PATH
export PATH
room=$(mktemp -d) || exit 1
trap 'net_leave; rm -rf "$room"' EXIT

start() { # HOST NAME COMMAND…
    start_host=$1
    start_name=$2
    shift 2
    net_spawn "$start_host" "$@" >"$room/$start_name" 2>"$room/$start_name.err"
    echo "$net_pid" >"$room/$start_name.pid"
}

pid() { # NAME
    cat "$room/$1.pid"
}

ticks() { # NAME
    awk '{ print $14 + $15 }' "/proc/$(pid "$1")/stat"
}

# Each ends what it started itself.
all_cases() { # NAME…
    for case_name; do
        { "case_$case_name"; net_leave; exit "$check_failed"; } >"$room/$case_name.report" 2>&1 &
        echo "$!" >"$room/$case_name.case"
    done
    for case_name; do
        wait "$(cat "$room/$case_name.case")" || check_failed=1
        cat "$room/$case_name.report"
    done
}
