#!/bin/sh
# The shared library exports the functions that autobus2.h declares and nothing else, and each has a
# manual page, and a part in the tests in which memory fails and in the storm of threads.
set -eu
: "${top_srcdir:?run by make check}" "${top_builddir:?}"

library=$top_builddir/libautobus/.libs/libautobus2.so
[ -f "$library" ] || { echo 'no shared library in this build' && exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0

complain() { # TEXT FILE: fails when the file has something
    [ -s "$2" ] || return 0
    echo "$1:"
    sed 's/^/    /' "$2"
    status=1
}

# The prototypes: what the preprocessor leaves of the header itself, cut at each end of a statement
# outside braces, without attributes, type definitions and inline functions.
# shellcheck disable=SC2086 # the compiler may come with flags
declared() {
    printf '#include <autobus2.h>\n' |
        $CC -E $JANSSON_CFLAGS -I"$top_srcdir/libautobus" -x c - |
        awk '
            /^#/ { ours = $3 ~ /autobus2\.h"$/; next }
            ours { text = text " " $0 }
            END {
                while (match(text, /__attribute__ *\(/)) {
                    end = RSTART + RLENGTH
                    for (depth = 1; depth > 0 && end <= length(text); end++) {
                        c = substr(text, end, 1)
                        depth += (c == "(") - (c == ")")
                    }
                    text = substr(text, 1, RSTART - 1) " " substr(text, end)
                }
                depth = 0
                for (i = 1; i <= length(text); i++) {
                    c = substr(text, i, 1)
                    if (c == "{") depth++
                    else if (c == "}") depth--
                    else if (depth == 0 && c != ";") statement = statement c
                    if (depth == 0 && (c == ";" || (c == "}" && statement ~ /\)[ \t]*$/))) {
                        if (statement !~ /^[ \t]*typedef[ \t]/ && statement !~ /static/ &&
                            match(statement, /[A-Za-z_][A-Za-z0-9_]* *\(/)) {
                            name = substr(statement, RSTART, RLENGTH)
                            sub(/ *\($/, "", name)
                            print name
                        }
                        statement = ""
                    }
                }
            }' | sort -u
}

declared >"$folder/declared"
nm -D -P --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' |
    sort -u >"$folder/exported"

# The functions that the manual's pages are about: those of their NAME sections.
cat "$top_srcdir"/man/*.3 2>/dev/null | awk '
    /^\.S[Hh] *"?NAME/ { name = 1; next }
    /^\.S[Hh]/ { name = 0 }
    name { gsub(/\\[-&]|\\f./, " "); print }' |
    grep -o 'autobus_[a-z0-9_]*' | sort -u >"$folder/documented" || true

[ -s "$folder/exported" ] || { echo 'the library exports nothing yet' && exit 77; }

grep -v '^autobus_' "$folder/exported" >"$folder/foreign" || true
complain 'exported, and not named autobus_' "$folder/foreign"
comm -23 "$folder/exported" "$folder/declared" >"$folder/hidden"
complain 'exported, and not in autobus2.h' "$folder/hidden"
comm -13 "$folder/exported" "$folder/declared" >"$folder/absent"
complain 'in autobus2.h, and not exported' "$folder/absent"

# The public functions that a test with a part for each of them leaves out.
left_out() { # NAME FILE…
    test=$1
    shift
    cat "$@" "$top_srcdir/tests/buses.c" | grep -o 'autobus_[a-z0-9_]*' | sort -u >"$folder/used"
    comm -23 "$folder/exported" "$folder/used" >"$folder/unused"
    complain "exported, and not in $test" "$folder/unused"
}

left_out tests/threads/check_memory "$top_srcdir"/tests/threads/*memory*.c
left_out tests/threads/check_storm "$top_srcdir"/tests/threads/*storm*.c

[ -s "$folder/documented" ] || { echo 'there are no pages of section 3 yet' && exit $((status ? 1 : 77)); }
comm -23 "$folder/exported" "$folder/documented" >"$folder/undocumented"
complain 'exported, and in the NAME of no manual page of section 3' "$folder/undocumented"
comm -13 "$folder/exported" "$folder/documented" >"$folder/invented"
complain 'in the NAME of a manual page, and not exported' "$folder/invented"
exit $status
