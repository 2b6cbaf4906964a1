# What scripts that try examples begin with: a folder, loopback alone, a discovery port of their own, and an end for all
# that they start. Source it.
#
#     program >"$folder/program.out" 2>"$folder/program.err" &
#     pids="$pids $!"                    # ended with the script
#     fail 'it does not print a line'    # says so, shows all .out and .err, and ends
# shellcheck shell=sh

. "${top_srcdir:?run by make check}/tests/lib-wait.sh"

folder=$(mktemp -d)
pids=
# shellcheck disable=SC2086 # a list of pids
trap 'end_children $pids; rm -rf "$folder"' EXIT

# Nobody else's, and on this machine only.
AUTOBUS_INTERFACES=lo
AUTOBUS_DISCOVERY_PORT=$((20000 + $$ % 10000))
export AUTOBUS_INTERFACES AUTOBUS_DISCOVERY_PORT

fail() { # TEXT…
    echo "FAILED: $*"
    for file in "$folder"/*.out "$folder"/*.err; do
        [ ! -s "$file" ] || sed "s,^,    ${file##*/}: ," "$file"
    done
    exit 1
}
