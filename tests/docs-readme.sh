#!/bin/sh
# The programs of README and of autobus2(3) compile as they are printed, without a warning, and do what
# is said of them. Those of README have less than 15 lines. Its picture of a shell session is not
# repeated here: what the tools print has tests of its own.
set -eu
: "${top_srcdir:?run by make check}" "${top_builddir:?}"
# shellcheck source=tests/lib-docs.sh
. "$top_srcdir/tests/lib-docs.sh"

libraries=$top_builddir/libautobus/.libs
[ -f "$libraries/libautobus2.so" ] || { echo 'no shared library in this build' && exit 77; }
LD_LIBRARY_PATH=$libraries
# The programs are as short as can be: what they hold at their end they leave to the system.
# stdbuf loads a library before all others.
ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0:verify_asan_link_order=0
export LD_LIBRARY_PATH ASAN_OPTIONS

# shellcheck disable=SC2086 # lists of flags
build() { # NAME
    $CC -Wall -Wextra -Werror $JANSSON_CFLAGS ${SANITIZER_FLAGS-} -I"$top_srcdir/libautobus" \
        -o "$folder/$1" "$folder/$1.c" -L"$libraries" -lautobus2 $JANSSON_LIBS || fail "$1 does not compile"
}
line_within() { # SECONDS FILE LINE
    wait_for "$1" grep -qx "$3" "$2" || fail "no line '$3' in: $(cat "$2")"
}

# ---- README: one publishes, one calls.

awk -v folder="$folder" '
    /^```c$/ { file = folder "/readme" ++count ".c"; next }
    /^```/ { file = "" }
    file { print >file }' "$top_srcdir/README"
[ -f "$folder/readme2.c" ] || fail 'README has no two programs'
for program in readme1 readme2; do
    [ "$(grep -c . "$folder/$program.c")" -lt 15 ] || fail "$program has 15 lines or more"
    build $program
done

mkfifo "$folder/enter"
"$folder/readme1" <"$folder/enter" &
publisher=$!
pids=$publisher
exec 3>"$folder/enter"
answer=$(timeout 30 "$folder/readme2") || fail "the program that calls ended with $?"
[ "$answer" = '"Hello, world"' ] || fail "the answer was $answer"
echo >&3
wait $publisher || fail "the program that publishes ended with $?"
exec 3>&-

# ---- The program of autobus2(3): an object that counts the lines it reads, and a watcher of it.

sed -n '/^\.EX/,/^\.EE/p' "$top_srcdir/man/autobus2.3" |
    sed -e '/^\.E[XE]/d' -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\e/\\/g' >"$folder/manual.c"
build manual
mkfifo "$folder/lines"
stdbuf -oL "$folder/manual" <"$folder/lines" >"$folder/manual.out" &
counter=$!
pids=$counter
exec 3>"$folder/lines"
line_within 10 "$folder/manual.out" 'count is 0'
echo >&3
line_within 10 "$folder/manual.out" 'count is 1'
exec 3>&-
wait $counter || fail "the program of autobus2(3) ended with $?"
