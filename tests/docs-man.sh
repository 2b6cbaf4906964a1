#!/bin/sh
# The manual: each page is free of faults, what it says of the library is what the header and the table
# of limits say, and `man FUNCTION` finds every function once installed.
set -eu
: "${top_srcdir:?run by make check}" "${top_builddir:?}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
complain() { # TEXT FILE: fails when the file has something
    [ -s "$2" ] || return 0
    echo "$1:"
    sed 's/^/    /' "$2"
    status=1
}

# ---- Lint, with what there is.

for page in "$top_srcdir"/man/*.[1-8]; do
    name=${page##*/}
    if command -v groff >/dev/null; then
        groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null | grep -v "can't open.*devutf8" >"$folder/lint" || true
        complain "groff, of $name" "$folder/lint"
    fi
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W style "$page" >"$folder/lint" || true
        complain "mandoc, of $name" "$folder/lint"
    fi
    awk 'length > 100 { print FILENAME ":" FNR ": longer than 100 bytes" }' "$page" >"$folder/lint"
    complain "of $name" "$folder/lint"
    grep -q "man/$name\$" "$top_srcdir/man/sources.mk" || {
        echo "$name is not in man/sources.mk"
        status=1
    }
done

# ---- The prototypes are the header's, and those of all functions are there. Without white space and
# fonts the two are the same text.

tr '\n' ' ' <"$top_srcdir/libautobus/autobus2.h" | sed -e 's,/\*,\n&,g' -e 's,\*/,&\n,g' |
    grep -v '^/\*' | tr -d '\n' |
    sed -e 's/__attribute__((format[^;]*//g' -e 's/AUTOBUS_EXPORT/\n&/g' | tr -d ' ' |
    sed -n 's/^AUTOBUS_EXPORT\([a-z][^;]*;\).*/\1/p' | sort >"$folder/declared"
cat "$top_srcdir"/man/*.3 | sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' |
    sed -n -e '/#include/d' -e 's/^\.BI\{0,1\} //p' | tr -d '" \n' | sed 's/;/;\n/g' |
    grep '(.*);$' | grep -v '^typedef' | sort >"$folder/documented"
comm -23 "$folder/declared" "$folder/documented" >"$folder/lint"
complain 'prototypes in autobus2.h, and in no SYNOPSIS' "$folder/lint"
comm -13 "$folder/declared" "$folder/documented" >"$folder/lint"
complain 'prototypes in a SYNOPSIS, and not in autobus2.h' "$folder/lint"
[ "$(wc -l <"$folder/declared")" -gt 50 ] || { echo 'no prototypes read' && exit 1; }

# ---- The error codes and limits likewise.

sed -n 's/^ *\(AUTOBUS_E[A-Z]*\) = -.*/\1/p' "$top_srcdir/libautobus/autobus2.h" | sort >"$folder/declared"
sed -n '/^\.SH ERRORS/,/^\.SH ENV/p' "$top_srcdir/man/autobus2.3" |
    sed -n '/^\.TP/{n;s/^\\fB\(AUTOBUS_E[A-Z]*\)\\fP$/\1/p;}' | sort >"$folder/documented"
diff "$folder/declared" "$folder/documented" >"$folder/lint" || true
complain 'errors in autobus2.h (<) and in autobus2.3 (>)' "$folder/lint"

sed -n 's/^ *X(\([a-z_]*\), \([0-9]*\), \([0-9]*\), \([0-9]*\)).*/\1 \2 \3 \4/p' \
    "$top_srcdir/libautobus/wire/limits.h" | sort >"$folder/declared"
sed -n 's/^\.BR \([a-z_]*\) " \([0-9,]*\) (\([0-9,]*\) to \([0-9,]*\))"$/\1 \2 \3 \4/p' \
    "$top_srcdir/man/autobus.7" | tr -d , | sort >"$folder/documented"
diff "$folder/declared" "$folder/documented" >"$folder/lint" || true
complain 'limits in limits.h (<) and in autobus.7 (>)' "$folder/lint"

# ---- The counters likewise: group and name.

cat "$top_srcdir"/libautobus/*/counters.h | tr -d ' \n' | grep -o 'X([a-z_]*,[a-z_]*)' |
    sed 's/X(\(.*\),\(.*\))/\1 \2/' >"$folder/declared"
grep -o '\[AB_DATAGRAM_[A-Z_]*\] = "[a-z_]*"' "$top_srcdir/libautobus/net/fates.c" |
    sed 's/.*"\(.*\)"/datagrams \1/' >>"$folder/declared"
sed -n '/^\.SH COUNTERS/,/^\.SH S/p' "$top_srcdir/man/autobus.7" |
    awk '/^\.B / { group = $2; next }
        { while (match($0, /\\fB[a-z_]*\\fP/)) {
            print group, substr($0, RSTART + 3, RLENGTH - 6)
            $0 = substr($0, RSTART + RLENGTH)
        } }' | sort >"$folder/documented"
sort -o "$folder/declared" "$folder/declared"
comm -23 "$folder/declared" "$folder/documented" >"$folder/lint"
complain 'counters that autobus.7 does not tell' "$folder/lint"
[ "$(wc -l <"$folder/declared")" -gt 50 ] || { echo 'no counters read' && exit 1; }

# ---- The options of each tool are those that its --help tells.

for page in "$top_srcdir"/man/autobus-*.1; do
    tool=${page##*/}
    tool=${tool%.1}
    "$top_builddir/tools/$tool" --help | sed -n '/^ *-/{s/^ *//;s/  .*//;p;}' |
        sort >"$folder/declared"
    sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$page" | sed -n '/^\.TP/{n;s/\\f.//g;s/\\-/-/g;p;}' |
        sort >"$folder/documented"
    diff "$folder/declared" "$folder/documented" >"$folder/lint" || true
    complain "options in $tool --help (<) and in its page (>)" "$folder/lint"
    [ -s "$folder/declared" ] || { echo "$tool --help shows no options" && status=1; }
done

# ---- Installed, every function is found, and nothing is left after.

unset MAKEFLAGS MFLAGS MAKELEVEL
make -s -C "$top_builddir" install-man install-data-hook DESTDIR="$folder/root" >"$folder/log" 2>&1 ||
    { cat "$folder/log" && exit 1; }
manual=$(find "$folder/root" -name man3)
manual=${manual%/man3}
sed -n '/^\.SH NAME/,/^\.SH LIB/p' "$top_srcdir"/man/autobus_*.3 | grep -o 'autobus_[a-z_]*' |
    sort -u >"$folder/names"
while read -r name; do
    page=$manual/man3/$name.3
    [ ! -f "$page" ] || page=$manual/$(sed -n 's/^\.so //p' "$page" | grep . || echo "man3/$name.3")
    grep -qw "$name" "$page" 2>/dev/null || echo "$name"
done <"$folder/names" >"$folder/lint"
complain 'not found as installed' "$folder/lint"
if command -v man >/dev/null && man -w man >/dev/null 2>&1; then
    man -M "$manual" autobus_reply 2>/dev/null | grep -q 'AUTOBUS_REQUEST_REF' || {
        echo 'man autobus_reply does not show the page of autobus_request_ref'
        status=1
    }
fi
make -s -C "$top_builddir" uninstall-man uninstall-hook DESTDIR="$folder/root" >"$folder/log" 2>&1 ||
    { cat "$folder/log" && exit 1; }
find "$folder/root" ! -type d >"$folder/lint"
complain 'left after they are uninstalled' "$folder/lint"

exit $status
