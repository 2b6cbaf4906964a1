#!/bin/sh
# Every header compiles alone, and the public one also as C++.
set -eu
: "${top_srcdir:?run by make check}"
status=0
skipped=

check() { # LANGUAGE INCLUDED COMPILER FLAG…
    language=$1
    included=$2
    shift 2
    # shellcheck disable=SC2086 # lists of flags
    printf '#include "%s"\n' "$included" |
        "$@" -Wall -Wextra -Wpedantic -Werror $JANSSON_CFLAGS -I"$top_srcdir/libautobus" \
            -fsyntax-only -x "$language" - || {
        echo "$included does not compile alone: $*"
        status=1
    }
}

# shellcheck disable=SC2086 # the compiler may come with flags
check c autobus2.h $CC -std=c11
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    check c++ autobus2.h $compiler -std=c++17
    skipped=no
done

for header in "$top_srcdir"/libautobus/*/*.h; do
    # shellcheck disable=SC2086 # the compiler may come with flags
    check c "${header#"$top_srcdir"/libautobus/}" $CC -std=c11 -D_GNU_SOURCE $EVENT_CFLAGS -Wno-pedantic
done

[ $status = 0 ] || exit $status
[ -n "$skipped" ] || { echo 'no C++ compiler' && exit 77; }
