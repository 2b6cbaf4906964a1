# Waiting in scripts: for what must come, with an end, and without sleeping longer than needed. Source it.
#
#     wait_for 10 grep -q ready output     # runs the command until it succeeds, at most 10 s
#     check 'what holds' COMMAND …         # counts, says what failed
#     check_end                            # exit status for all checks
# shellcheck shell=sh

wait_for() { # SECONDS COMMAND…
    wait_end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -le "$wait_end" ] || return 1
        sleep 0.05
    done
}

check_failed=0

check() { # TEXT COMMAND…
    check_text=$1
    shift
    if "$@"; then
        echo "ok: $check_text"
    else
        echo "FAILED: $check_text"
        check_failed=1
    fi
}

# The command's exit status is that one.
exits() { # STATUS COMMAND…
    exits_wanted=$1
    shift
    exits_status=0
    "$@" || exits_status=$?
    [ "$exits_status" = "$exits_wanted" ] || { echo "exit status $exits_status instead of $exits_wanted: $*" && return 1; }
}

check_end() {
    exit "$check_failed"
}

# Numbers of processes are used again: only what is still a child of this script is ended.
end_children() { # PID…
    for child; do
        ! grep -qs "^PPid:[[:space:]]*$$\$" "/proc/$child/status" || kill "$child" 2>/dev/null || true
    done
}
