#!/bin/sh
# The tools and a program that behaves as the existing implementation, over real sockets, in each role.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2034 # variables of lib-tools.sh; for another shell
. "${0%/*}/lib-tools.sh"

peer=$top_builddir/tests/e2e/legacy-peer
id=1795259749.64-2-vm-0.364873007089
seen() { # FILE TEXT
    grep -qF -e "$2" "$work/$1.out"
}

# ---- It announces and serves; ours find, call and watch.
mkfifo "$work/hello.in"
exec 8<>"$work/hello.in"
start browse autobus-browse --watch --json examples.hello
start hello "$peer" server 0 "$id" '{"type": "examples.hello", "hostname": "vm"}' counter=3 <"$work/hello.in"
until_true seen browse "\"change\":\"added\""
try autobus-browse --json examples.hello
is 0
out_has "\"service\":\"$id\",\"info\":.\"type\":\"examples.hello\",\"hostname\":\"vm\".*\"host\":\"127.0.0.1\""
try autobus-call examples.hello echo 1 '"a"' '{"b": 2.5}'
is 0
out '[1,"a",{"b":2.5}]'
try autobus-call examples.hello fail
is 1
err 'Something went wrong'
try autobus-call --notice examples.hello echo last
is 0
until_true seen hello 'call echo ["last"]'

start values autobus-watch examples.hello counter
until_true seen values 3
echo 'counter=4' >&8
until_true seen values 4
echo 'counter={"deep": [1, null]}' >&8
until_true seen values '{"deep":[1,null]}'
[ "$(cat "$work/values.out")" = '3
4
{"deep":[1,null]}' ] || fail 'a value came twice, or not at all'
try autobus-watch --once examples.hello counter
is 0

# It goes without a word, and is gone at once where it was in use.
kill -9 "$hello_pid"
until_true seen browse "\"change\":\"removed\""

# It comes back elsewhere, and says goodbye.
start hello "$peer" server 0 "$id" '{"type": "examples.hello", "hostname": "vm"}' counter=9 <"$work/hello.in"
until_true seen values 9
kill "$hello_pid"
ended hello
is 0
gone_twice() { [ "$(grep -c '"change":"removed"' "$work/browse.out")" = 2 ]; }
until_true gone_twice

# ---- Ours announce and serve; it hears, calls and watches.
start ears "$peer" listener
mkfifo "$work/hall.in" "$work/client.in"
exec 9<>"$work/hall.in"
serve hall --info type=thermostat --info name=Hall --event rang --object temperature=20 \
    --function 'greet=printf "hello %s" "$1"' --function 'fail=echo no >&2; exit 3' <"$work/hall.in"
until_true seen ears "+ $hall_id 127.0.0.1"
seen ears '"type":"autobus.details"' || fail 'introspection was not announced'
port=$(sed -n "s/^+ $hall_id 127.0.0.1 \([0-9]*\) .*/\1/p" "$work/ears.out" | head -n 1)
exec 7<>"$work/client.in"
start client "$peer" client 127.0.0.1 "$port" "$hall_id" <"$work/client.in"
until_true seen client "bound $hall_id"
echo 'call greet ["you"]' >&7
until_true seen client 'result "hello you"'
echo 'call fail []' >&7
until_true seen client 'error no'
echo 'call missing []' >&7
until_true seen client 'error there is no function'
echo 'watch temperature' >&7
until_true seen client 'value temperature 20'
echo 'watch ghost' >&7
until_true seen client 'value ghost null'
echo 'temperature=21.5' >&9
until_true seen client 'value temperature 21.5'
echo 'unwatch temperature' >&7
until_true seen client 'value temperature null'
kill "$hall_pid"
until_true seen ears "- $hall_id"
until_true seen client closed
if grep -q violation "$work"/*.out; then
    what='what is sent to it'
    fail 'it dropped a connection'
fi
done_testing
