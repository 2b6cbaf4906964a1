#!/bin/sh
# autobus-call against autobus-serve: results, arguments, one or many, and every way it can fail.
# shellcheck source=/dev/null disable=SC2016,SC2154,SC2034 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"

# Nobody is there yet.
try autobus-call --wait 0.5 thermostat get
is 3
out ''
err 'no service matches thermostat'
err 'asked: lo (127.0.0.1)'

serve hall --info type=thermostat --info name=Hall --info floor=1 \
    --function 'get=echo 21.5' \
    --function 'args=printf "%s|" "$@"' \
    --function 'echo=cat' \
    --function 'who=echo "$AUTOBUS_FUNCTION $AUTOBUS_SERVICE ${AUTOBUS_PEER%:*}"' \
    --function 'fail=echo "no such room" >&2; exit 3' \
    --function 'slow=sleep 20' \
    --function "wait=echo \$\$ >'$work/waiting'; exec sleep 20" \
    --function "touch=echo x >>'$work/touched'" \
    --function 'nothing=:' \
    --object 'temperature=20'

# ---- results
try autobus-call thermostat get
is 0
quiet
out 21.5
try autobus-call --json thermostat get
is 0
out "{\"service\":\"$hall_id\",\"result\":21.5}"
try autobus-call thermostat nothing
is 0
out null
try autobus-call thermostat who
out "\"who $hall_id 127.0.0.1\""
try autobus-call --raw thermostat who
out "who $hall_id 127.0.0.1"
try autobus-call -v thermostat get
err "calling get of Hall ($hall_id)"

# ---- arguments
try autobus-call thermostat echo hall 21.50 true null -5 --json '{"a": [1]}' '"5"' ''
is 0
out '["hall",21.5,true,null,-5,"--json",{"a":[1]},"5",""]'
try autobus-call --strings thermostat echo 5 - '{'
out '["5","-","{"]'
try autobus-call --args '[1, {"a": 2}]' thermostat echo
out '[1,{"a":2}]'
echo '{"from": "input"}' >"$work/in"
try autobus-call thermostat echo 1 - <"$work/in"
out '[1,{"from":"input"}]'
head -c 1100000 /dev/zero | tr '\0' a | sed 's/.*/["&"]/' >"$work/large"
try autobus-call --args - thermostat echo <"$work/large"
is 2
err 'too large'
err 'at most 1 MiB'
try autobus-call --raw thermostat args '$(id)' '"; id; "' "it's" 'a b' 5 '[1, 2]'
out '$(id)|; id; |it'"'"'s|a b|5|[1,2]|'

# ---- which service
try autobus-call "$hall_id" get
is 0
out 21.5
try autobus-call "service=$hall_id" get
is 0
try autobus-call 'name=Hall,floor=1' get
is 0
try autobus-call 'type~^therm,!room,floor!=2' get
is 0
try autobus-browse --json
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$work/out")
try autobus-call "127.0.0.1:$port/$hall_id" get
is 0
out 21.5
try autobus-call "127.0.0.1:$port" get_details
is 0
out_has "$hall_id"
try autobus-call --json "127.0.0.1:$port" get
is 3
out_has '^\{"service":"[^"]+","error":\{"type":"no_such_function"'
try autobus-call "127.0.0.1:$port/nobody" get
is 3
err no_such_service
try autobus-call "127.0.0.1:1/$hall_id" get
is 5
try autobus-call --json "127.0.0.1:1/$hall_id" get
is 5
out_has "^\{\"service\":\"$hall_id\",\"error\":\{\"type\":\"[a-z_]+\",\"text\":\".+\"\}\}$"
try autobus-call --wait 1.5 thermostta get
is 3
err 'did you mean thermostat?'
err 'there is: thermostat'
try autobus-call --wait 1.5 'thermostat,name=Halll' get
is 3
err 'did you mean name=Hall?'
try autobus-call --wait 0.5 autobus.nothing get
is 3

# ---- errors of the remote
try autobus-call thermostat fail
is 1
err 'Hall: no such room'
out ''
try autobus-call --json thermostat fail
is 1
out "{\"service\":\"$hall_id\",\"error\":{\"type\":\"exception\",\"text\":\"no such room\"}}"
try autobus-call thermostat gett
is 3
err 'no_such_function'
err 'did you mean get?'
err 'functions there: '
try autobus-call -q thermostat gett
is 3
! grep -q 'did you mean' "$work/err" || fail 'it suggests in spite of --quiet'

# ---- time
try autobus-call -t 0.3 thermostat slow
is 4
try autobus-call -t 0.3 --json thermostat slow
is 4
out_has '"error":\{"type":"timeout"'

# ---- a caller that is told to end: the signal is its end, the command of the service ends with it, and nobody is told twice
for how in '' --multiple; do
    rm -f "$work/waiting"
    # shellcheck disable=SC2086 # an option, or none
    start impatient autobus-call $how thermostat wait
    until_true test -s "$work/waiting"
    kill "$impatient_pid"
    ended impatient
    is 143
    gone() { ! kill -0 "$(cat "$work/waiting")" 2>/dev/null; }
    until_true gone
    [ -z "$(cat "$work/impatient.out" "$work/impatient.err")" ] || fail 'it said something'
done

# ---- notices
try autobus-call --notice thermostat touch
is 0
out ''
until_true test -s "$work/touched"

# ---- one or many
serve attic --info type=thermostat --info name=Attic --function 'get=echo 18'
insist 2 autobus-call thermostat get
out ''
err "'thermostat,name=Attic'  (Attic)"
err "'thermostat,name=Hall'  (Hall)"
try autobus-call 'thermostat,name=Attic' get
is 0
out 18
try autobus-call --any thermostat get
is 0
out_has '^(18|21.5)$'

# Two that only differ in their id.
serve first --info type=twin --function 'get=echo 1'
serve second --info type=twin --function 'get=echo 2'
insist 2 autobus-call twin get
err "'service=$first_id'"
err "'service=$second_id'"
try autobus-call "$second_id" get
is 0
out 2

# ---- a service that comes while it is looked for
start late sh -c 'sleep 0.7; exec autobus-serve --info type=late --function "get=echo 5"'
try autobus-call --wait 10 late get
is 0
out 5

done_testing
