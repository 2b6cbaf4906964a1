#!/bin/sh
# autobus-serve: standard input, commands and their limits, and its end.
# shellcheck source=/dev/null disable=SC2154,SC2034,SC2016 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"

# ---- standard input
mkfifo "$work/in"
exec 8<>"$work/in"
serve a --info type=a --object state=1 --event rang <"$work/in"
start states autobus-watch a state
until_true grep -qx 1 "$work/states.out"
cat >&8 <<'END'
state=2
stat=3
state={"broken"

{"object": "state", "value": [4]}
frobnicate
END
until_true grep -qxF '[4]' "$work/states.out"
until_true grep -q 'line 6: there is no event frobnicate here' "$work/a.err"
grep -q 'line 2: there is no object stat here; did you mean state?' "$work/a.err" || fail 'line 2'
grep -q 'line 3: the value is broken JSON' "$work/a.err" || fail 'line 3'

# The end of its input changes nothing; with --until-eof it is the end.
serve b --info type=b --object o=1 </dev/null
try autobus-watch --once b o
is 0
out 1
start c sh -c 'echo o=5 | autobus-serve --info type=c --object o=1 --until-eof'
ended c
is 0

# ---- commands
serve d --info type=d --command-timeout 1 --max-output 1000 --function 'wait=sleep 30' --function 'long=yes' \
    --function "hang=trap '' TERM; sleep 30; sleep 30"
try autobus-call d wait
is 4
err 'the command took longer than 1 s'
try autobus-call d hang
is 4
try autobus-call d long
is 1
err 'too_large'

# ---- partial results
serve p --info type=p --function 'steps=echo 1; until [ -e "$1" ]; do sleep 0.05; done; echo "{}"; printf "the end"' \
    --function 'fails=echo one; echo oops >&2; exit 3' --function 'many=seq 200000' --stream steps --stream fails \
    --stream many
start steps autobus-call --progress p steps "$work/step"
until_true grep -qx 1 "$work/steps.out" # before the command ends
: >"$work/step"
ended steps
is 0
[ "$(cat "$work/steps.out")" = "$(printf '1\n{}\n"the end"\nnull')" ] || fail 'not what was printed'
try autobus-call p steps "$work/step"
is 0
out '"1\n{}\nthe end"'
try autobus-call --multiple --progress p steps "$work/step"
is 0
out_has '"partial":"the end"'
out_has '"result":null'
try autobus-call --progress p fails
is 1
out_has '^"one"$'
err oops
try autobus-call --progress p many
is 0
[ "$(wc -l <"$work/out")" = 200001 ] || fail 'a line is missing'
try autobus-call --json --progress -t 0.5 p steps "$work/never"
is 4
out_has '"partial":1'
try autobus-serve --info type=q --function a=b --stream c </dev/null
is 2
err 'there is no such function'

serve g --info type=g --max-running 2 \
    --function "block=echo x >>'$work/running'; until [ -e '$work/go' ]; do sleep 0.05; done"
start one autobus-call g block
start two autobus-call g block
two_run() { [ "$(cat "$work/running" 2>/dev/null)" = "$(printf 'x\nx')" ]; }
until_true two_run
try autobus-call g block
is 1
err busy
: >"$work/go"
ended one
is 0
ended two
is 0
try autobus-call g block
is 0

# A caller that goes takes its command with it, unless it sent a notice.
serve e --verbose --info type=e --function "hang=echo \$\$ >'$work/pid'; exec sleep 60" \
    --function "mark=sleep 0.3; echo x >>'$work/marked'"
start caller autobus-call e hang
until_true test -s "$work/pid"
command_pid=$(cat "$work/pid")
kill -0 "$command_pid" || fail 'the command does not run'
kill -9 "$caller_pid"
command_gone() { ! kill -0 "$command_pid" 2>/dev/null; }
until_true command_gone
until_true grep -q 'hang .*: nobody waits for it any more' "$work/e.err"
rm -f "$work/marked"
try autobus-call --notice e mark
is 0
until_true test -s "$work/marked"

# ---- an object that a command keeps fresh
echo 1 >"$work/number"
serve f --info type=f --object-command "number=cat '$work/number'" --object-command 'broken=echo no >&2; exit 1' \
    --poll 0.1
try autobus-watch --once f number
is 0
out 1
start numbers autobus-watch f number
until_true grep -qx 1 "$work/numbers.out"
echo 2 >"$work/number"
until_true grep -qx 2 "$work/numbers.out"
[ "$(grep -c 'object broken: no' "$work/f.err")" = 1 ] || fail 'a failure is told once'

# ---- who may call
grep -q 'anybody on lo (127.0.0.1) may run: hang, mark' "$work/e.err" || fail 'it did not say who may call'
! grep -q 'anybody' "$work/a.err" || fail 'there is nothing to run'
serve l --info type=l --function 'hang=sleep 100' --local
grep -q 'this machine alone may run: hang' "$work/l.err" || fail 'it did not say that nobody else may call'
try autobus-call l missing
is 3
try autobus-serve --info type=m --allow nowhere
is 2
err '"nowhere" is no network'

# ---- who is connected
kill -USR1 "$l_pid"
until_true grep -q 'nobody is connected' "$work/l.err"
start looking autobus-watch f number
until_true grep -qx 2 "$work/looking.out"
kill -USR1 "$f_pid"
until_true grep -qE 'connected: 127\.0\.0\.1 by the local socket, for [0-9]+ s; watches number$' "$work/f.err"

# ---- the end: a goodbye, commands ended, callers answered
rm -f "$work/pid"
start watched autobus-browse --watch --json e
until_true grep -q '"added"' "$work/watched.out"
start caller autobus-call e hang
until_true test -s "$work/pid"
command_pid=$(cat "$work/pid")
kill "$e_pid"
ended e
is 0
until_true command_gone
ended caller
what='a call when the service ends'
[ "$status" = 1 ] || [ "$status" = 5 ] || fail "status $status"
until_true grep -q '"removed"' "$work/watched.out"
kill -INT "$f_pid"
ended f
is 0

# ---- a sensor that measures only while somebody looks
mkdir "$work/sensor"
# shellcheck disable=SC2016
serve sensor --info type=sensor --object-command "n=echo >>$work/sensor/runs; wc -l <$work/sensor/runs" \
    --poll 0.1 --poll-watched
runs() {
    wc -l <"$work/sensor/runs"
}
rests() { # it does not run any more
    rests_before=$(runs)
    sleep 0.5
    [ "$(runs)" = "$rests_before" ]
}
[ "$(runs)" -ge 1 ] || fail 'it was not run once'
until_true rests
start look autobus-watch sensor n
until_true grep -q "^$(($(runs) + 5))$" "$work/look.out"
kill "$look_pid"
until_true rests

done_testing
