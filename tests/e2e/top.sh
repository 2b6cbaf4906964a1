#!/bin/sh
# autobus-top: lines for programs, the table once, and the live table on a pseudo-terminal.
# shellcheck source=/dev/null disable=SC2154,SC2034 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"

mkfifo "$work/attic.in" "$work/keys"

# Nobody is there.
try autobus-top --once --wait 0.5 monitor cpu
is 3
out ''
err 'no service matches monitor'
try autobus-top monitor
is 2
err 'too few arguments'

# The example is one source, and what autobus-serve publishes the others.
start monitor "$top_builddir/tools/examples/cpu-monitor" 1
exec 8<>"$work/attic.in"
serve attic --info type=monitor --info name=Attic \
    --object 'cpu={"percent": 101.5, "note": "hot"}' <"$work/attic.in"
serve odd --info type=monitor --info name=Odd --object other=1

start lines autobus-top monitor cpu
start typo autobus-top name=Odd othr

# ---- once
whole_table() {
    autobus-top --once monitor cpu >"$work/table" 2>"$work/table.err" && [ "$(wc -l <"$work/table")" = 4 ]
}
until_true whole_table
what='autobus-top --once'
cp "$work/table" "$work/out"
out_has '^service +percent +(note +processors|processors +note)$'
out_has '^Attic +101\.50 +(hot +-|- +hot)$'
out_has '^Odd +- +- +-$'
out_has "^monitor@[^ ]+ +[0-9]+\.[0-9]{2} "
grep -q 'Odd has no object cpu' "$work/table.err" || fail 'it did not say who has none'
try autobus-top --once --sort percent monitor cpu
is 0
sed -n 2p "$work/out" | grep -q '^Attic' || fail 'the biggest is not first'
try autobus-top --once --json name=Attic cpu
is 0
quiet
out "{\"service\":\"$attic_id\",\"object\":\"cpu\",\"value\":{\"percent\":101.5,\"note\":\"hot\"}}"
try autobus-top --once name=Attic cpus
is 3
err 'did you mean cpu?'

# ---- lines
until_true grep -qF "{\"service\":\"$attic_id\",\"object\":\"cpu\",\"value\":{\"percent\":101.5," "$work/lines.out"
until_true grep -qxF "{\"service\":\"$odd_id\",\"object\":\"cpu\"}" "$work/lines.out"
until_true grep -q '"processors"' "$work/lines.out"
echo 'cpu=7' >&8
until_true grep -qxF "{\"service\":\"$attic_id\",\"object\":\"cpu\",\"value\":7}" "$work/lines.out"
until_true grep -q 'did you mean other?' "$work/typo.err"
kill -TERM "$lines_pid"
ended lines
is 0

# ---- the live table
if ! command -v script >/dev/null; then
    done_testing
    exit
fi
exec 9<>"$work/keys"
escape=$(printf '\033')
on_terminal() { # NAME OPTION…: what the terminal showed is $work/NAME.out; its settings, before and after, are in it too
    terminal_name=$1
    shift
    start "$terminal_name" env TERM=xterm script -qefc \
        "trap : INT; stty rows 12 cols 70; stty -g >$work/before; tty >$work/tty
        sh -c 'echo \$\$ >$work/tool; exec \"\$@\"' sh autobus-top $*; echo exit \$?; stty -g >$work/after" \
        "$work/typescript" <"$work/keys"
}
shows() { # REGEX: the last that was drawn
    awk -v RS='\033\\[H' 'END { print }' "$work/$terminal_name.out" | sed "s/$escape\[[0-9;?]*[a-zA-Z]//g" | tr -d '\r' |
        grep -qE "$1"
}
restored() { # the cursor, the wrapping, the other screen, and the terminal's settings
    what="$terminal_name: the terminal"
    until_true grep -q 'exit [0-9]' "$work/$terminal_name.out"
    tail -c 200 "$work/$terminal_name.out" | grep -qF "$(printf '\033[?7h\033[?25h\033[?1049l')" ||
        fail 'the screen was not left'
    until_true test -s "$work/after"
    cmp -s "$work/before" "$work/after" || fail 'its settings are not as they were'
    rm -f "$work/after"
}

on_terminal live --delay 0.1 monitor cpu
until_true shows '^cpu of monitor: 3 services, by service'
until_true shows '^monitor@.* 2?'
shows '^service  ' || fail 'there is no head'
echo 'cpu={"percent": 102, "note": "x"}' >&8
until_true shows '^Attic .* 102 '
printf '>' >&9
until_true shows 'services, by percent'
shows '^Odd' || fail 'a row is missing'
printf 'r' >&9
until_true shows 'by percent reversed'
printf '\033[D' >&9
until_true shows 'by service reversed'
kill -9 "$attic_pid"
until_true shows '2 services, 1 gone'
until_true shows '^\(gone\) Attic .* 102 '
until_true shows 'autobus-top: Attic is gone'
until_true shows ': 2 services, by'
printf 'q' >&9
ended live
grep -q 'exit 0' "$work/live.out" || fail 'q does not end it with 0'
restored

# Signals: the terminal's own, and others (SIGSEGV would be the sanitizer's). Errors are said again afterwards.
on_terminal interrupted monitor cpu
until_true shows ': 2 services'
printf '\003' >&9
restored
for signal in TERM HUP ABRT USR1; do
    on_terminal killed monitor cpu
    until_true shows ': 2 services'
    kill -"$signal" "$(cat "$work/tool")"
    restored
done
on_terminal nobody --wait 0.5 nothing cpu
restored
grep -q 'no service matches nothing' "$work/nobody.out" || fail 'it did not say why it ended'

# A stop: afterwards it takes the terminal again, which it left before if it could.
entered() { [ "$(grep -o '1049h' "$work/stopped.out" | wc -l)" = "$1" ]; }
left() { [ "$(grep -o '1049l' "$work/stopped.out" | wc -l)" = "$1" ]; }
on_terminal stopped monitor cpu
until_true shows ': 2 services'
kill -STOP "$(cat "$work/tool")"
kill -CONT "$(cat "$work/tool")"
until_true entered 2
printf '\032' >&9 # nobody could resume it here, so it goes on
until_true entered 3
left 1 || fail 'it did not leave the screen to stop'

# Another size.
grep -q 'rows 1' "$work/stopped.out" && fail 'all rows fit, and it says that they do not'
stty rows 4 cols 30 <"$(cat "$work/tty")"
until_true shows '^cpu of monitor: 2 services, ro$'
shows '^Odd' || fail 'the first row is missing'
printf '\033[B' >&9
until_true shows '^monitor@'
shows '^Odd' && fail 'it did not scroll'
printf 'q' >&9
restored

# A terminal that can do nothing gets lines.
start dumb env TERM=dumb script -qefc 'autobus-top --wait 5 monitor cpu' "$work/typescript" <"$work/keys"
until_true grep -q '"object":"cpu"' "$work/dumb.out"

done_testing
