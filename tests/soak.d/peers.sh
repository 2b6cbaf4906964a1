# Who is there in the soak, and how they are started and ended. Sourced by tests/soak.
# shellcheck shell=sh disable=SC2154,SC2034 # of the caller

hosts='kitchen hall cellar attic shed'

# Name, host, and whether it may die. What lasts is looked at for what it holds at the end. The first of the kitchen has the
# port that is asked there, until it dies.
peer_table() {
    echo 'stove kitchen dies
        sink kitchen lasts
        tool kitchen dies
        asker kitchen dies
        door hall dies
        old hall dies
        caller hall lasts
        follower hall lasts
        watch hall lasts
        listen hall lasts
        boiler cellar dies
        gatherer cellar lasts
        browse cellar lasts
        lamp attic dies
        watcher attic dies
        visitor attic lasts
        top attic lasts
        oldwatch attic lasts
        churner attic lasts
        hut shed dies
        peeper shed dies'
    [ "$python" = no ] || echo 'snake cellar dies'
}

peers() { # [WORD]: names, of those with that word in their line
    peer_table | awk -v word="${1-}" '{ for (i = 1; i <= NF; i++) if (word == "" || $i == word) { print $1; break } }'
}

rooms='sink stove door boiler lamp hut'
counted='type~^soak\.(room|tool)$'

start() { # NAME
    start_host=$(peer_table | awk -v name="$1" '$1 == name { print $2 }')
    case $1 in
    sink | stove | door | boiler | lamp | hut) launch "$1" peer "$room/status/$1" publish "$1" ;;
    tool)
        launch tool autobus-serve --verbose --info type=soak.tool --info name=tool --object count=0 --event tick \
            --function 'echo=cat'
        ;;
    old)
        old_count=$((old_count + 1))
        launch old legacy-peer server 0 "old-$old_count" '{"type": "soak.old", "name": "old"}' count=0
        ;;
    snake) launch snake python3 "$top/tests/soak.d/snake.py" "$room/status/snake" ;;
    asker | caller) launch "$1" peer "$room/status/$1" call ;;
    follower | peeper) launch "$1" peer "$room/status/$1" follow "$counted" ;;
    # Who asks a host besides.
    watcher) launch watcher env AUTOBUS_SEEDS=10.0.1.1 peer "$room/status/watcher" follow "$counted" ;;
    gatherer) launch gatherer peer "$room/status/gatherer" gather ;;
    churner) launch churner peer "$room/status/churner" churn ;;
    watch) launch watch autobus-watch --json "$counted" count ;;
    listen) launch listen autobus-listen --json "$counted" tick ;;
    top) launch top autobus-top --json "$counted" count ;;
    browse | visitor) launch "$1" autobus-browse --watch --json 'type~^soak\.' ;;
    oldwatch) launch oldwatch autobus-watch --json soak.old count ;;
    esac
}

# Output is added to NAME.out and NAME.log; what a process before it wrote in its file is kept for the sums.
launch() { # NAME COMMAND…
    launch_name=$1
    shift
    [ ! -f "$room/status/$launch_name" ] || mv "$room/status/$launch_name" "$room/status/$launch_name.$launched"
    launched=$((launched + 1))
    [ -p "$room/$launch_name.in" ] || mkfifo "$room/$launch_name.in" || exit 1
    echo "---- $launch_name begins, $(elapsed) ms" >>"$room/$launch_name.log"
    net_spawn "$start_host" "$@" <>"$room/$launch_name.in" >>"$room/$launch_name.out" 2>>"$room/$launch_name.log"
    eval "pid_$launch_name=$net_pid state_$launch_name=up"
}

pid_of() { # NAME: $pid
    eval "pid=\$pid_$1"
}

is_up() { # NAME
    eval "[ \"\$state_$1\" = up ]"
}

# Ends one, and waits for it: it leaves no zombie.
kill_peer() { # NAME
    pid_of "$1"
    eval "state_$1=dead"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

# With a goodbye; its status must be 0 or that of a tool that was interrupted.
end_peer() { # NAME
    pid_of "$1"
    eval "state_$1=dead"
    kill "$pid" 2>/dev/null
    end_deadline=$(($(elapsed) + 20000))
    while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do
        if [ "$(elapsed)" -gt $end_deadline ]; then
            wrong "$1 does not end"
            kill -9 "$pid"
            break
        fi
        sleep 0.1
    done
    end_status=0
    wait "$pid" 2>/dev/null || end_status=$?
    case $end_status in
    0 | 143) ;;
    *) wrong "$1 ended with status $end_status" ;;
    esac
}

# What they are fed with: the same numbers for the object and the event, until the faults are over.
feed() {
    fed=$((fed + 1))
    if [ "$resting" = no ]; then
        fed_value=$fed
        echo "count=$fed" >&5
        echo "count=$fed" >&6
    fi
    echo "tick $fed" >&5
}

# Nobody died who was not killed, and nobody saw what must not be.
attend() {
    for name in $all_peers; do
        pid_of "$name"
        if is_up "$name" && { [ ! -d "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status"; }; then
            wait "$pid"
            wrong "$name died with status $?"
            eval "state_$name=dead"
        fi
    done
    if grep -h '^WRONG' "$room"/*.log >"$room/wrong.now"; then
        sed 's/^WRONG: //' "$room/wrong.now" >>"$room/wrong"
    fi
    [ ! -s "$room/wrong" ]
}

wrong() { # TEXT
    echo "$1" >>"$room/wrong"
}
