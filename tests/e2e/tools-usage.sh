#!/bin/sh
# The tools' command lines: help, and what is refused with which words and status.
# shellcheck source=/dev/null disable=SC2154,SC2034 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"

for tool in browse call doctor listen watch top serve; do
    try autobus-$tool --help
    is 0
    quiet
    out_has "^Usage: autobus-$tool"
    out_has '^      --interfaces LIST'
    sed -n 's/^ *\(\(-., \)\{0,1\}--[a-z-]*\( [A-Z=]*\)\{0,1\}\).*/\1/p' "$work/out" | sed 's/ *$//' >"$work/help"
    sed -n '/^.SH OPTIONS/,/^.SH/{/^.TP/{n;p;};}' "${top_srcdir:?}/man/autobus-$tool.1" |
        sed 's/.f[BIP]//g; s/\\-/-/g' >"$work/page"
    what="--help of autobus-$tool and its manual page"
    diff "$work/page" "$work/help" >"$work/out" || fail 'they differ'
    try autobus-$tool --version
    is 0
    out_has "^autobus-$tool .*[0-9]+\.[0-9]+"
    try autobus-$tool --verbos5
    is 2
    err 'did you mean --verbose?'
    err 'try --help'
    try autobus-$tool --multiple
    is 2
    [ $tool = call ] || err "--multiple makes no sense for autobus-$tool"
    try autobus-$tool --log loud
    is 2
    err 'error, warning, info, debug'
done

try autobus-call --routes a b
is 2
err '--routes makes no sense for autobus-call'
try autobus-browse --raw
is 2
err '--raw makes no sense for autobus-browse'
try autobus-browse a b
is 2
err 'one argument too many: b'
try autobus-browse --watch 127.0.0.1:1/x
is 2
err '--watch needs a filter'

try autobus-call thermostat
is 2
err 'too few arguments'
try autobus-call thermostat f '{"a": 1,}'
is 2
err 'argument 1 is broken JSON'
err '(column 9)'
try autobus-call thermostat f --args 5
is 3 # options end at FUNCTION: these are two arguments, and there is no such service
try autobus-call --args 5 thermostat f
is 2
err 'not a JSON array'
try autobus-call thermostat f - </dev/null
is 2
err 'standard input is empty'
try autobus-call '' f
is 2
err 'SERVICE is empty'
try autobus-call 'a=1,b' f
is 2
err 'a=1,b: '
try autobus-call 'a~[' f
is 2
try autobus-call 127.0.0.1:99999/x f
is 2
err 'the port is not from 1 to 65535'
try autobus-call -t soon thermostat f
is 2
err 'not a number of seconds'

for none in 'call x' 'listen x' 'watch x' 'top x'; do
    # shellcheck disable=SC2086 # two words
    try autobus-$none ''
    is 2
    err 'is missing'
    # shellcheck disable=SC2086
    try autobus-$none "$(printf 'a\377')"
    is 2
    err 'a name is UTF-8 of at most 255 bytes'
done

try autobus-browse --interfaces 'nope*,!lo' --wait 0
is 3
err 'there is no interface nope*,!lo here now'
try autobus-browse --interfaces '!nope0' --wait 0
is 3
! grep -q 'there is no interface' "$work/err" || fail 'it names what is only excluded'

try autobus-listen --notice thermostat rang
is 2
err '--notice makes no sense for autobus-listen'
try autobus-listen --count 0 thermostat rang
is 2
try autobus-watch --count 5 thermostat temperature
is 2
err '--count makes no sense for autobus-watch'

try autobus-serve --function say
is 2
err 'NAME=COMMAND is wanted'
try autobus-serve --event e --event e
is 2
err 'there is an event of that name'
try autobus-serve --info type=x --doc ring=x --event rang
is 2
err 'did you mean rang?'
try autobus-serve
is 2
err 'there is nothing to publish'
try autobus-serve --event e --describe 'e={"arg": 1}'
is 2
err 'this is no description of an event'
! grep -q 'invalid argument' "$work/err" || fail 'it says so twice'
try autobus-serve --poll 0
is 2
err 'at least 0.1 s'
try autobus-serve thermostat
is 2
err 'one argument too many: thermostat'

# What would be ignored is refused.
while IFS='|' read -r command words; do
    # shellcheck disable=SC2086 # words
    try autobus-$command </dev/null
    is 2
    err "$words"
    err 'try --help'
done <<'END'
call --any --multiple x f|--multiple and --any: say one of them
call --raw --multiple x f|--multiple and --raw: say one of them
call --notice --progress x f|--notice and --progress: say one of them
call --notice --raw x f|--notice and --raw: say one of them
call --json --raw x f|--raw and --json: say one of them
call -qv x f|--quiet and --verbose: say one of them
listen --json --raw x e|--raw and --json: say one of them
listen -qv x e|--quiet and --verbose: say one of them
watch --json --raw x o|--raw and --json: say one of them
watch -qv x o|--quiet and --verbose: say one of them
watch --timeout 1 x o|--timeout means nothing without --once
top --timeout 1 x o|--timeout means nothing without --once
top --delay 1 --once x o|--delay and --once: say one of them
top --delay 1 --json x o|--delay and --json: say one of them
top --sort k --json x o|--sort: with --json there is no order without --once
top --reverse --json x o|--reverse: with --json there is no order without --once
top -qv x o|--quiet and --verbose: say one of them
browse --watch --routes|--watch and --routes: say one of them
browse --watch --wait 1|--watch and --wait: say one of them
browse --timeout 1|--timeout means nothing without --verbose or --routes
browse --watch --timeout 1|--timeout means nothing without --verbose or --routes
doctor -qv|--quiet and --verbose: say one of them
serve --event e --local --allow 10.0.0.0/8|--local and --allow: say one of them
serve --event e -qv|--quiet and --verbose: say one of them
serve --event e --poll 1|--poll means nothing without --object-command
serve --object o=1 --poll-watched|--poll-watched means nothing without --object-command
serve --object-command o=id --max-running 2|--max-running means nothing without --function
serve --event e --command-timeout 1|--command-timeout means nothing without --function or --object-command
serve --event e --max-output 9|--max-output means nothing without --function or --object-command
serve --info a=1 --info a=2|--info a=2: another --info has that name
serve --info host=x|--info host=x: who finds the service adds this key
END

what='autobus-call --help >&-'
status=0
autobus-call --help >&- 2>"$work/err" || status=$?
is 1
err 'standard output: Bad file descriptor'

if [ -c /dev/full ]; then
    what='autobus-call --help >/dev/full'
    status=0
    autobus-call --help >/dev/full 2>"$work/err" || status=$?
    is 1
    err 'standard output: No space left on device'
fi

done_testing
