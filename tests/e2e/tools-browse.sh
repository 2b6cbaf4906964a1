#!/bin/sh
# autobus-browse: what it lists, and what it tells as services come and go.
# shellcheck source=/dev/null disable=SC2154,SC2034 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"

try autobus-browse --wait 0.5
is 3
out ''
err 'no service has been found'
err 'asked: lo (127.0.0.1)'
try autobus-browse -q --json --wait 0.5
is 3
out ''
try env AUTOBUS_DISCOVERY=none autobus-browse --wait 0.5
is 3
err 'no network was asked: discovery by broadcast is off'

start watch autobus-browse --watch
start lines autobus-browse --watch --json
until_true grep -q '"settled"' "$work/lines.out"

host=$(hostname 2>/dev/null || uname -n)
host=${host%%.*}
serve hall --info type=thermostat --info name=Hall --info room=hall \
    --function 'get=echo 21.5' --function 'set=cat' --object temperature=20 --event changed \
    --describe 'set={"args": [{"name": "degrees", "type": "number", "minimum": 5, "maximum": 30}, {"name": "unit", "enum": ["C", "F"], "optional": true}], "result": {"type": "boolean"}}' \
    --describe 'temperature={"value": {"type": "number"}}' --describe 'changed={"args": [{"type": "string"}]}' \
    --doc 'get=What is wanted.
More of it.' --doc '=Keeps the hall warm.'
serve bell --info type=doorbell --info "name=$(printf 'Evil\033[31m\nname')" --event rang

# ---- lists
insist_lines 4 autobus-browse
is 0
quiet
out_has "^doorbell    Evil.u001B\[31m.nname  $host +$bell_id\$"
out_has "^thermostat  Hall +$host +$hall_id\$"
out_has '^    127\.0\.0\.1:[0-9]+$'
[ "$(head -n 1 "$work/out" | cut -c 1-8)" = doorbell ] || fail 'it is not sorted'
insist_lines 2 autobus-browse thermostat
is 0
try autobus-browse "$hall_id"
is 0
try autobus-browse --wait 0.5 'thermostat,room=attic'
is 3
err 'no service matches thermostat,room=attic'
insist_lines 8 autobus-browse --all # each bus has one of its own
is 0
out_has '^autobus\.details '
try autobus-browse autobus.details
is 0
out_has '^autobus\.details '

try autobus-browse --json thermostat
is 0
out_has "^\{\"service\":\"$hall_id\",\"info\":\{.*\"room\":\"hall\".*\},\"routes\":\[\{\"host\":\"127\.0\.0\.1\",\"port\":[0-9]+,\"discoverers\":\[\"[a-z]+\"\],\"preferred\":true\}\]\}\$"
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$work/out")

# ---- verbose
try autobus-browse --verbose thermostat
is 0
out_has '^    Keeps the hall warm\.$'
out_has '^    info +room=hall$'
out_has '^    function +get  +What is wanted\.$'
out_has '^    function +set\(degrees: number 5\.\.30, unit\?: "C"\|"F"\) -> boolean$'
out_has '^    event +changed\(string\)$'
out_has '^    object +temperature: number$'
try autobus-browse --verbose --json thermostat
is 0
out_has '"functions":\{.*"get":\{"doc":"What is wanted\.\\nMore of it\."\}.*\},"events":\{"changed":\{.*"objects":\{'
out_has '"objects":\{"temperature":\{"value":\{"type":"number"\}\}\},"doc":"Keeps the hall warm\.","bus":\{.*"answer_ms":[0-9.]+.*\}\}$'
out_has '"bus":\{.*"counters":\{.*"requests":\{"now":0,"received":'
try autobus-call --quiet thermostat get
try autobus-browse --verbose thermostat
out_has '^    bus +answers in [0-9.]+ ms.*, [0-9]+ calls? answered'
try autobus-browse --verbose "127.0.0.1:$port/$hall_id"
is 0
out_has '^    function +get +What is wanted\.$'
try autobus-browse --verbose "127.0.0.1:$port"
is 0
out_has "$hall_id\$"
out_has '^    function +get +What is wanted\.$'
! grep -q '^autobus\.details' "$work/out" || fail 'an internal service is shown'
try autobus-browse --all "127.0.0.1:$port/"
is 0
out_has '^autobus\.details '
try autobus-browse "127.0.0.1:1"
is 5
try autobus-browse "127.0.0.1:$port/nobody"
is 3
try autobus-browse "127.0.0.1:1/$hall_id"
is 5

# ---- routes
try autobus-browse --routes thermostat
is 0
out_has "^thermostat  Hall +$host +$hall_id\$"
out_has '^    127\.0\.0\.1:[0-9]+  preferred: the only one; in use by the local socket; [0-9.]+ ms; by broadcast, heard [0-9.]+ s ago$'
try autobus-browse --routes --verbose --json thermostat
is 0
out_has '"preferred":true,"heard_ms":[0-9]+,"tried_ms":[0-9]+,"answered_ms":[0-9]+,"failed_ms":null,"failure":null,'
out_has '"round_trip_ms":[0-9.]+,"in_use":1,"local":true,"reason":"only","result":"answered","bind_ms":[0-9.]+\}\],"functions":\{'
try autobus-browse --routes --wait 0.5 'thermostat,room=attic'
is 3
try autobus-browse --routes "127.0.0.1:$port/$hall_id"
is 2
err '--routes needs a filter'

# ---- changes
until_true grep -q "^+ ..:..:..  thermostat .*$hall_id\$" "$work/watch.out"
until_true grep -q "^{\"change\":\"added\",\"service\":\"$bell_id\",\"info\":{" "$work/lines.out"
start details autobus-browse --watch --verbose thermostat
until_true grep -q '^    object    temperature' "$work/details.out"
kill -9 "$bell_pid"
until_true grep -q "^- ..:..:..  doorbell .*$bell_id\$" "$work/watch.out"
until_true grep -q "^{\"change\":\"removed\",\"service\":\"$bell_id\"" "$work/lines.out"
kill "$hall_pid"
ended hall
is 0
until_true grep -q "^- ..:..:..  thermostat .*$hall_id\$" "$work/watch.out"
until_true grep -q '^- ' "$work/details.out"
[ "$(grep -c settled "$work/watch.out")" = 1 ] || fail 'it settles once'
[ "$(grep -c settled "$work/lines.out")" = 1 ] || fail 'it settles once'
kill -INT "$watch_pid"
ended watch
is 0
kill -TERM "$lines_pid"
ended lines
is 0

# ---- one that is odd harms no other
mkfifo "$work/odd.in"
exec 8<>"$work/odd.in"
start odd "$top_builddir/tests/e2e/legacy-peer" server 0 odd-1 '{"type": "odd", "hostname": "vm"}' \
    autobus.functions=7 'autobus.objects={"x": {}}' <"$work/odd.in"
serve plain --info type=plain --object y=1
insist_lines 4 autobus-browse 'type~^(odd|plain)$'
try autobus-browse --verbose 'type~^(odd|plain)$'
is 0
out_has '^    error +what it offers is not known: '
out_has '^    object +x$'
out_has '^    object +y$'
try autobus-browse --verbose --json odd
is 5
out_has '"error":\{"type":"protocol","text":".+"\}'

done_testing
