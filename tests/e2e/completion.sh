#!/bin/sh
# Completion for bash, and for zsh where that is installed, with live services.
# shellcheck source=/dev/null disable=SC2154,SC2034 # variables that the functions of lib-tools.sh share
. "${0%/*}/lib-tools.sh"
: "${top_srcdir:?}"

serve hall --info type=thermostat --info name=Hall --info 'room="\"type\":\"no\""' \
    --function 'set_target=:' --function 'get_target=:' --event alarm --object temperature=20 --object 'target={"a":1}' \
    --doc 'set_target={"functions":{"wrong":{}}}'
# What a shell would run, were it not left out.
# shellcheck disable=SC2016
serve odd --info 'type=$(reboot)' --info 'name=a b' --object 'sp ace=1' --object good=1

bash_completes() { # LINE: what is offered at its end, sorted, in a line
    bash -c '. "$1"
        COMP_LINE=$2 COMP_POINT=${#2}
        _autobus "${COMP_LINE%% *}"
        [ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"' bash "$top_srcdir/tools/completion/autobus" "$1"
}
# shellcheck disable=SC2016
zsh_completes() {
    zsh -fc 'complete_here() { . $1 }
        compadd() {
            local -a all; local one
            if [[ $1 == -a ]] { all=(${(P)2}) } else { shift; all=("$@") }
            for one in $all; do [[ $one != ${(Q)words[-1]}* ]] || print -r -- $one; done
        }
        words=(${(z)2}); [[ $2 != *" " ]] || words+=("")
        CURRENT=$#words
        complete_here $1' zsh "$top_srcdir/tools/completion/_autobus" "$1"
}
offers() { # LINE WORD…
    what="$shell: $1"
    "${shell}_completes" "$1" 2>"$work/err" | LC_ALL=C sort | tr '\n' ' ' >"$work/out"
    shift
    [ "$(cat "$work/out")" = "$*${1:+ }" ]
}
check() { # LINE WORD…: soon, since a bus answers no more than so many queries a second
    until_true offers "$@"
    quiet
}

check_shell() { # NAME
    shell=$1
    check 'autobus-browse ' name=Hall thermostat
    check 'autobus-call th' thermostat
    check 'autobus-call x'
    check 'autobus-call thermostat ' get_target set_target
    check 'autobus-call -W 1 name=Hall s' set_target
    check 'autobus-listen --json thermostat ' alarm
    check 'autobus-watch thermostat ' target temperature
    check "autobus-top 'name=Hall' te" temperature
    check 'autobus-watch name=a\ b ' good
    check 'autobus-call thermostat set_target '
    check 'autobus-watch nobody '
    check 'autobus-call --no' --notice
    check 'autobus-call thermostat set_target --no'
    check 'autobus-top --log wa' warning
    check 'autobus-call --interfaces l' lo
    check 'autobus-call --timeout '
    check 'autobus-serve '
    check 'autobus-serve --un' --until-eof
}

tested=
if command -v bash >/dev/null; then
    check_shell bash
    # A part behind = is all that bash wants.
    check 'autobus-call name=' Hall
    check "autobus-call 'name=" name=Hall
    check "autobus-watch 'the" thermostat
    tested=1
fi
if command -v zsh >/dev/null; then
    check_shell zsh
    tested=1
fi
[ "$tested" ] || { echo 'neither bash nor zsh is here' && exit 77; }

# It does not wait for who is silent.
kill -STOP "$hall_pid"
shell=bash
before=$(date +%s)
offers 'autobus-call thermostat ' || :
[ $(($(date +%s) - before)) -le 3 ] || fail 'it took too long'
kill -CONT "$hall_pid"

done_testing
