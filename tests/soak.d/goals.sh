# What must come true when the faults are over. Each function says on its output what is missing, and nothing when all is
# well. Sourced by tests/soak.
# shellcheck shell=sh disable=SC2154,SC2317 # set by the caller; called by name

word() { # FILE WORD: what follows it there
    awk -v word="$2" '$1 == word { print $2; exit }' "$1" 2>/dev/null
}

# Who lives: name, id, the value of its object, and the number of its last event as far as is known.
alive() {
    for name in $rooms $([ "$python" = no ] || echo snake); do
        echo "$name $(word "$room/status/$name" id) $(word "$room/status/$name" value) $(word "$room/status/$name" number)"
    done
    echo "tool $(sed -n 's/.*published as //p' "$room/tool.log" | tail -n 1) $fed_value $fed"
    echo "old old-$old_count $fed_value -"
}

# $room/alive is that of the moment when the faults were over; a file without a number is of somebody who begins.
all_alive() {
    alive >"$room/alive"
    awk 'NF != 4 { print $1 " has not begun" }' "$room/alive"
}

# What a stream of JSON says of each service last: id, and the number after the key; nothing if there is none.
last_of() { # FILE KEY
    awk -v key="\"$2\":" '
        match($0, /"service":"[^"]*"/) {
            id = substr($0, RSTART + 11, RLENGTH - 12)
            place = index($0, key)
            last[id] = place ? substr($0, place + length(key)) : ""
        }
        END { for (id in last) if (match(last[id], /[0-9]+/)) print id, substr(last[id], RSTART, RLENGTH) }' "$1"
}

listed() { # FILE: the ids that a browser has listed and not taken back
    awk 'match($0, /"service":"[^"]*"/) {
            id = substr($0, RSTART + 11, RLENGTH - 12)
            if ($0 ~ /"change":"removed"/) delete is[id]; else is[id] = 1
        }
        END { for (id in is) print id }' "$1"
}

# Who has these ids and no others.
same_ids() { # WHO PATTERN OF NAMES: ids on standard input
    awk -v who="$1" -v names="^($2)\$" '
        FNR == NR { if ($1 ~ names) name[$2] = $1; next }
        { got[$1] = 1 }
        END {
            for (id in name) if (!(id in got)) print who " lacks " name[id]
            for (id in got) if (!(id in name)) print who " has " id ", which is dead"
        }' "$room/alive" -
}

# Who has the last value of each of these, and of no others.
same_values() { # WHO PATTERN OF NAMES: ids and values on standard input
    awk -v who="$1" -v names="^($2)\$" '
        FNR == NR { if ($1 ~ names) { name[$2] = $1; value[$2] = $3 } next }
        { got[$1] = $2 }
        END {
            for (id in name) if (got[id] != value[id])
                print who " has " (id in got ? got[id] : "nothing") " of " name[id] ", whose value is " value[id]
            for (id in got) if (!(id in name)) print who " has a value of " id ", which is dead"
        }' "$room/alive" -
}

# Who has heard what was fired since.
hears_all() { # WHO PATTERN OF NAMES: ids and numbers on standard input
    awk -v who="$1" -v names="^($2)\$" '
        FNR == NR { if ($1 ~ names) { name[$2] = $1; number[$2] = $4 } next }
        { got[$1] = $2 }
        END { for (id in name) if (got[id] + 0 <= number[id] + 0) print who " does not hear " name[id] }' "$room/alive" -
}

all_browse() {
    for name in browse visitor; do
        listed "$room/$name.out" | same_ids "$name" '.*'
    done
}

all_watch() {
    for name in watch top; do
        last_of "$room/$name.out" value | same_values "$name" '(stove|sink|door|boiler|lamp|hut|tool|snake)'
    done
    last_of "$room/oldwatch.out" value | same_values oldwatch old
    for name in follower watcher peeper; do
        awk '$1 == "follows" { print $2, $4 }' "$room/status/$name" |
            same_values "$name" '(stove|sink|door|boiler|lamp|hut|tool|snake)'
    done
}

all_listen() {
    last_of "$room/listen.out" args | hears_all listen '(stove|sink|door|boiler|lamp|hut|tool|snake)'
    for name in follower watcher peeper; do
        awk '$1 == "follows" { print $2, $3 }' "$room/status/$name" |
            hears_all "$name" '(stove|sink|door|boiler|lamp|hut|tool|snake)'
    done
}

all_call() {
    for name in caller asker; do
        [ "$(word "$room/status/$name" answered_since)" -ge 10 ] || echo "$name is not answered"
        awk '$1 == "answers" { print $2 }' "$room/status/$name" | same_ids "$name" '(stove|sink|door|boiler|lamp|hut)'
    done
    awk '$1 == "answers" { print $2 }' "$room/status/gatherer" | same_ids gatherer '(stove|sink|door|boiler|lamp|hut)'
}

# One who comes new on each host sees the same.
all_see() {
    for host in $hosts; do
        net_on "$host" timeout 20 autobus-browse --json 'type~^soak\.' </dev/null >"$room/seen" 2>>"$room/seen.log"
        listed "$room/seen" | same_ids "a new browser in the $host" '.*'
    done
}

# ---- What they hold: name, descriptors (of the churner between two of its buses), KiB of memory of their own.

descriptors_of() { # NAME
    pid_of "$1"
    case $1 in
    churner) word "$room/status/churner" descriptors ;;
    *) find "/proc/$pid/fd" -type l | wc -l ;;
    esac
}

sample() {
    for name in $lasting; do
        pid_of "$name"
        echo "$name $(descriptors_of "$name") $(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")"
    done
}

# As at the beginning. The number of descriptors may differ by what is under way at one moment: a probe, a connection that
# was replaced and waits a second for its end; and that of the publisher by the proxies of one, which bind to whoever is
# there, and by the connections of the churner's bus. Memory may be a quarter and 512 KiB more: the allocator keeps what the
# worst moment needed, and gives each thread that was ever busy an arena.
all_hold() {
    sample >"$room/holds.end"
    awk -v memory="$measures_memory" '
        FNR == NR { descriptors[$1] = $2; kib[$1] = $3; next }
        $2 > descriptors[$1] + ($1 == "sink" ? 12 : 2) { print $1 " has " $2 " descriptors, " descriptors[$1] " before" }
        memory == "yes" && $3 > kib[$1] * 1.25 + 512 { print $1 " holds " $3 " KiB, " kib[$1] " before" }
        ' "$room/holds.begin" "$room/holds.end"
}

no_zombies() {
    for status in /proc/[0-9]*/status; do
        awk -v self="$$" '/^Name/ { name = $2 } /^State/ { state = $2 } /^PPid/ { parent = $2 }
            END { if (state == "Z" && parent != self) print "a zombie: " name }' "$status" 2>/dev/null
    done
}
