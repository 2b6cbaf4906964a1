#!/bin/sh
# The folders are the architecture: a file includes from its own layer and the ones below it, and
# names what its layer may know.
set -eu
: "${top_srcdir:?run by make check}"
cd "$top_srcdir"
status=0

wrong() { # FILE INCLUDED REASON
    echo "$1: includes $2: $3"
    status=1
}

height() { # LAYER
    case $1 in
    base) echo 0 ;;
    wire) echo 1 ;;
    core) echo 2 ;;
    net) echo 3 ;;
    bus) echo 4 ;;
    *) echo 9 ;;
    esac
}

includes() { # FILE: as written, "x" or <x>
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\(["<][^">]*[">]\).*/\1/p' "$1"
}

library_file() { # FILE LAYER
    for included in $(includes "$1"); do
        case $included in
        *..*) wrong "$1" "$included" 'a path with ..' ;;
        \"*/*)
            other=${included#\"}
            other=${other%%/*}
            if [ "$(height "$other")" -gt "$(height "$2")" ]; then
                wrong "$1" "$included" "$2 is below $other"
            elif [ ! -f "libautobus/$(echo "$included" | tr -d '"')" ]; then
                wrong "$1" "$included" 'not there'
            fi
            ;;
        \"*) wrong "$1" "$included" 'name the layer too' ;;
        '<autobus2.h>') [ "$2" = bus ] || wrong "$1" "$included" 'the public API belongs to bus' ;;
        '<event2/'*) [ "$2" = net ] || wrong "$1" "$included" 'libevent belongs to net' ;;
        *)
            [ "$(height "$2")" -gt 2 ] || case $included in
            '<assert.h>' | '<ctype.h>' | '<errno.h>' | '<float.h>' | '<inttypes.h>') ;;
            '<limits.h>' | '<math.h>' | '<regex.h>' | '<stdalign.h>' | '<stdarg.h>') ;;
            '<stdatomic.h>' | '<stdbool.h>' | '<stddef.h>' | '<stdint.h>' | '<stdio.h>') ;;
            '<stdlib.h>' | '<string.h>' | '<strings.h>' | '<jansson.h>') ;;
            *) wrong "$1" "$included" 'the engine has no use for it' ;;
            esac
            ;;
        esac
    done
    if [ "$2" != wire ] && grep -nE '"(_type|_id|_command|_error)"' "$1"; then
        echo "$1: names a key of the wire"
        status=1
    fi
}

for file in libautobus/*/*.[ch]; do
    layer=${file#libautobus/}
    library_file "$file" "${layer%%/*}"
done

for included in $(includes libautobus/autobus2.h); do
    case $included in
    \"*) wrong libautobus/autobus2.h "$included" 'the public header stands alone' ;;
    esac
done

for file in tools/*.[ch] tools/examples/*.[ch]; do
    [ -f "$file" ] || continue
    for included in $(includes "$file"); do
        case $included in
        '<event2/'*) # of its own, in the example that has such a loop
            [ "$file" = tools/examples/lamp-libevent.c ] ||
                wrong "$file" "$included" 'tools use the public API alone'
            ;;
        \"*)
            name=$(echo "$included" | tr -d '"')
            if [ ! -f "${file%/*}/$name" ]; then
                wrong "$file" "$included" 'tools include <autobus2.h> and what is beside them'
            fi
            ;;
        esac
    done
done
exit $status
