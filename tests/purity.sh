#!/bin/sh
# The engine is pure: its objects ask the system for memory, strings, regular expressions and
# jansson, and for nothing else: no socket, clock, thread, file, random number or libevent.
set -eu
: "${top_builddir:?run by make check}"

archive=$top_builddir/libautobus/.libs/libengine.a
symbols=$(nm -P -g "$archive")

allowed() { # SYMBOL
    case $1 in
    json_*) ;;
    malloc | calloc | realloc | free) ;;
    bcmp | memchr | memcmp | memcpy | memmem | memmove | memrchr | memset) ;;
    strcasecmp | strchr | strcmp | strcspn | strlen | strncasecmp | strncmp | strnlen) ;;
    strpbrk | strrchr | strspn | strstr) ;;
    strtod | strtol | strtoll | strtoul | strtoull) ;;
    snprintf | vsnprintf) ;;
    regcomp | regerror | regexec | regfree) ;;
    bsearch | qsort) ;;
    __ctype_b_loc | __ctype_tolower_loc | __ctype_toupper_loc | tolower | toupper) ;;
    __errno_location) ;;
    __assert_fail | abort) ;;
    # What the compiler adds: position independence, checks, sanitizers, coverage.
    _GLOBAL_OFFSET_TABLE_ | __stack_chk_fail | __*_chk | __isoc23_strto*) ;;
    __asan_* | __ubsan_* | __tsan_* | __sanitizer_* | __gcov_*) ;;
    *) return 1 ;;
    esac
}

status=0
for symbol in $(echo "$symbols" | awk '
    NF < 2 { next }
    $2 == "U" || $2 == "w" || $2 == "v" { wanted[$1]; next }
    { defined[$1] }
    END { for (name in wanted) if (!(name in defined)) print name }' | sort); do
    allowed "$symbol" || {
        echo "the engine uses $symbol:"
        nm -P -A -u "$archive" | grep -w -- "$symbol" | sed 's/^/    /'
        status=1
    }
done
exit $status
