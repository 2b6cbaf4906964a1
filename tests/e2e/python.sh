#!/bin/sh
# The specification by itself is enough: tools/examples/autobus.py was written from it alone, and the library and it find,
# call, watch and hear each other, each in each role, on one host and between two, and whichever of them dies.
# shellcheck source=/dev/null disable=SC2154,SC2016 # set by the caller; for another shell
command -v python3 >/dev/null || { echo 'python3 is missing' && exit 77; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'python3 is older than 3.11' && exit 77; }
. "${0%/*}/lib-hosts.sh"

PATH=$top_srcdir/tools/examples:$PATH
PYTHONPATH=$top_srcdir/tools/examples
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
unset AUTOBUS_INTERFACES AUTOBUS_DISCOVERY_PORT

net_host kitchen
net_host hall
net_join kitchen eth0 10.0.0.1/24
net_join hall eth0 10.0.0.2/24

# ---- A service in Python that uses all there is

cat >"$room/stove.py" <<'PYTHON'
import asyncio, contextlib, signal
from autobus import Bus, Error, Service

async def main():
    task = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with Bus() as bus:
        stove = Service(bus, {"type": "stove", "name": "Ofen °"}, doc="Cooks.")
        stove.set("heat", 0, doc="in watts")
        stove.set("note", None)
        stove.declare("events", "boiled", doc="(what, minutes)")

        def heat(watts, plate="left"):
            "heat(watts): sets it."
            if watts > 2000:
                raise Error("fuse", "the fuse is blown", watts=watts)
            stove.set("heat", watts)
            return [watts, plate]

        async def boil(what):
            await asyncio.sleep(0.05)
            stove.fire("boiled", what, 3)
            return {"boiled": what}

        def clean():
            return 1 / 0

        def light(on):
            stove.set("light", on)

        for function in heat, boil, clean, light:
            stove.function(function)
        await asyncio.Event().wait()

with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(main())
PYTHON

stove() { # HOST
    net_spawn "$1" python3 "$room/stove.py" </dev/null >>"$room/stove.out" 2>&1
    stove=$net_pid
}

follow() { # HOST FILE COMMAND…: in the background
    follow_host=$1
    follow_file=$2
    shift 2
    net_spawn "$follow_host" "$@" </dev/null >"$room/$follow_file" 2>"$room/$follow_file.err"
}

on() { # HOST COMMAND…
    on_host=$1
    shift
    net_on "$on_host" timeout 20 "$@" </dev/null
}

gives() { # OUTPUT HOST COMMAND…: all of its output, standard error included
    gives_wanted=$1
    shift
    gives_got=$(on "$@" 2>&1)
    [ "$gives_got" = "$gives_wanted" ] || { echo "it gave: $gives_got" && return 1; }
}

shows() { # TEXT HOST COMMAND…: is in its output
    shows_wanted=$1
    shift
    shows_got=$(on "$@" 2>&1)
    case $shows_got in
    *"$shows_wanted"*) ;;
    *) echo "it gave: $shows_got" && return 1 ;;
    esac
}

has() { # FILE TEXT: a line of it is this
    grep -qxF -e "$2" "$room/$1"
}

repeats() { # FILE TEXT COMMAND…: until the file has that line
    has "$1" "$2" && return
    shift 2
    "$@" >/dev/null 2>&1
    return 1
}

forget() { # FILE…
    for file; do
        : >"$room/$file"
    done
}

stove kitchen
for host in kitchen hall; do
    check "it is found, from $host" wait_for 20 shows '"name":"Ofen °"' "$host" autobus-browse --json stove
done
check 'where it is' shows '"host":"127.0.0.1"' kitchen autobus-browse --json stove
check 'and by the other host there' shows '"host":"10.0.0.1"' hall autobus-browse --json stove
check 'with what it says of itself' shows 'Cooks.' hall autobus-browse --verbose stove
check 'and of a function' shows 'heat(watts): sets it.' hall autobus-browse --verbose stove
check 'and of an event' shows '(what, minutes)' hall autobus-browse --verbose stove
check 'its bus describes all that it has' shows '"objects":{"heat":{"doc":"in watts"},"note":{}}' \
    hall autobus-call type=autobus.details get_details

check 'a function is called' gives '[1200,"left"]' hall autobus-call stove heat 1200
check 'on its own host too' gives '[800,"rear"]' kitchen autobus-call stove heat 800 rear
check 'one that takes its time' gives '{"boiled":"ä\u0007\n"}' hall autobus-call --args '["ä\u0007\n"]' stove boil
check 'one with an error of its own' shows 'fuse: the fuse is blown: {"watts":9000}' hall autobus-call stove heat 9000
check 'which is the status' exits 1 on hall autobus-call --quiet stove heat 9000
check 'one that fails' shows 'division by zero' hall autobus-call stove clean
check 'with the wrong arguments' shows 'bad_arguments' hall autobus-call stove heat
check 'what is no function' exits 3 on hall autobus-call --quiet stove cool
check 'a call that is not answered arrives' exits 0 on hall autobus-call --notice stove heat 700

follow hall browse autobus-browse --watch --json stove
for host in kitchen hall; do
    follow "$host" "heat-$host" autobus-watch stove heat
    follow "$host" "light-$host" autobus-watch stove light
    follow "$host" "boiled-$host" autobus-listen stove boiled
    check "an object is watched, from $host" wait_for 20 has "heat-$host" 700
    check "an event is heard, from $host" wait_for 20 repeats "boiled-$host" '["egg",3]' on hall autobus-call stove boil egg
done
check 'null is a value' gives null hall autobus-watch --once stove note
on hall autobus-call stove heat 1100 >/dev/null
on hall autobus-call stove light true >/dev/null
for host in kitchen hall; do
    check "a change is seen, from $host" wait_for 10 has "heat-$host" 1100
    check "and an object that came later" wait_for 10 has "light-$host" true
done
check 'which is listed then' shows '"light":{}' hall autobus-watch --once stove autobus.objects

# ---- It dies, comes back, and leaves

check 'a browser lists it' wait_for 10 grep -q '"change":"added"' "$room/browse"
kill -9 "$stove"
check 'killed, it is gone' wait_for 10 grep -q '"change":"removed"' "$room/browse"
check 'for all' wait_for 10 exits 3 on kitchen autobus-browse --quiet stove
forget heat-hall heat-kitchen boiled-hall
stove kitchen
for host in kitchen hall; do
    check "who watched it watches the next, from $host" wait_for 20 has "heat-$host" 0
done
check 'and who listened listens' wait_for 20 repeats boiled-hall '["tea",3]' on kitchen autobus-call stove boil tea
forget browse
kill "$stove"
check 'its goodbye is heard' wait_for 3 grep -q '"change":"removed"' "$room/browse"

# ---- In Python, a client of ours

lamp() { # HOST PRESSED
    net_spawn "$1" autobus-serve --quiet --info type=lamp --info name=Lamp --function 'dim=printf "[%s, \"%s\"]" "$1" "$2"' \
        --function 'fail=echo "the bulb is broken" >&2; exit 1' --object 'on=false' --object 'none=null' --event pressed \
        <>"$room/lamp.in" >"$room/lamp.out" 2>&1
    lamp=$net_pid
}

say() { # LINE
    echo "$1" >"$room/lamp.in"
}

mkfifo "$room/lamp.in"
lamp kitchen
for host in kitchen hall; do
    check "Python finds ours, from $host" wait_for 20 shows '"name": "Lamp"' "$host" autobus.py browse type=lamp
    check 'and calls it' gives '[7, "red"]' "$host" autobus.py call type=lamp dim 7 '"red"'
    check 'hears that it failed' gives 'exception: the bulb is broken' "$host" autobus.py call type=lamp fail
    check 'that it has no such function' shows 'no_such_function' "$host" autobus.py call type=lamp dance
    follow "$host" "on-$host" autobus.py watch type=lamp on
    follow "$host" "none-$host" autobus.py watch type=lamp none
    follow "$host" "pressed-$host" autobus.py listen type=lamp pressed
    check 'watches it' wait_for 20 has "on-$host" false
    check 'and null' wait_for 20 has "none-$host" null
    check 'and listens' wait_for 20 repeats "pressed-$host" '[1, "two"]' say 'pressed 1 "two"'
done
dolly=$net_pid
say 'on={"since": 7.5}'
for host in kitchen hall; do
    check "a change is seen by Python, from $host" wait_for 10 has "on-$host" '{"since": 7.5}'
done

cat >"$room/null.py" <<'PYTHON'
import asyncio, json, sys
from autobus import Bus

async def main(host, port):
    async with Bus() as bus, bus.connect(None, host, int(port)) as peer:
        print(sorted(entry["info"]["type"] for entry in (await peer.call("get_details")).values()))

asyncio.run(main(*sys.argv[1:]))
PYTHON
port=$(on kitchen autobus-browse --json lamp | sed 's/.*"port":\([0-9]*\).*/\1/')
check 'a bus of which only the place is known' gives "['autobus.details', 'lamp']" \
    hall python3 "$room/null.py" 10.0.0.1 "$port"

kill -9 "$dolly"
check 'when a client in Python is killed, ours serves on' gives '[8, "blue"]' hall autobus.py call type=lamp dim 8 '"blue"'
kill -9 "$lamp"
forget on-hall on-kitchen pressed-kitchen
lamp kitchen
for host in kitchen hall; do
    check "when ours is killed, the next is watched, from $host" wait_for 30 has "on-$host" false
done
check 'and listened to' wait_for 30 repeats pressed-kitchen '[2, "three"]' say 'pressed 2 "three"'
kill "$lamp"
check 'its goodbye is heard by Python' wait_for 5 gives '' hall autobus.py browse type=lamp

# ---- Nobody complained

check 'nothing went wrong in Python' [ ! -s "$room/stove.out" ]
for file in "$room"/on-*.err "$room"/none-*.err "$room"/pressed-*.err; do
    check "nor in ${file##*/}" [ ! -s "$file" ]
    cat "$file"
done
cat "$room/stove.out"

check_end
