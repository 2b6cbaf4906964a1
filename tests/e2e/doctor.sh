#!/bin/sh
# autobus-doctor on pretend hosts: what is well, and each of the things that go wrong in a home.
# shellcheck source=/dev/null disable=SC2154,SC2016,SC2317 # set by the caller; for another shell; called by check
. "${0%/*}/lib-hosts.sh"

net_host kitchen
net_host hall
net_host attic
net_join kitchen eth0 10.0.0.1/24
net_join kitchen eth1 10.0.1.1/24 lan1
net_join hall eth0 10.0.0.2/24
net_join attic eth0 10.0.0.3/24
net_join attic eth1 10.0.1.3/24 lan1

serve() { # HOST TYPE: its pid is $net_pid
    net_spawn "$1" autobus-serve --verbose --info type="$2" --function 'greet=echo hello' --object n=1 --event e \
        </dev/null >"$room/$2.out" 2>&1
    wait_for 10 grep -q 'published as' "$room/$2.out"
}

doctor() { # HOST ARGUMENT…: $status, $room/doctor
    doctor_host=$1
    shift
    status=0
    net_on "$doctor_host" timeout 30 autobus-doctor "$@" >"$room/doctor" 2>"$room/doctor.err" || status=$?
}

# The last run ended with that status, and said each of these.
said() { # STATUS REGEX…
    [ "$status" = "$1" ] || { echo "status $status, not $1" && cat "$room/doctor" "$room/doctor.err" && return 1; }
    shift
    for regex; do
        grep -qE -e "$regex" "$room/doctor" || { echo "not said: $regex" && cat "$room/doctor" && return 1; }
    done
}

silent_about() { # REGEX
    ! grep -E -e "$1" "$room/doctor"
}

# Each line is an object with the keys that all have; what is not well has a remedy.
is_json() {
    ! grep -vE '^\{"check":"[a-z_]+","status":"(ok|warning|failure)","text":".*\}$' "$room/doctor" &&
        ! grep -E '"status":"(warning|failure)"' "$room/doctor" | grep -v '"remedy":"'
}

# ---- All is well

serve hall lamp
lamp=$net_pid
serve kitchen stove
doctor kitchen
check 'a healthy network is found healthy' said 0 'ok .*eth0 \(10.0.0.1\) is used, and what is sent there is heard' \
    'ok .*lo \(127.0.0.1\) is used' 'ok .*52722/udp is open here, and shared with autobus-serve \(pid [0-9]+\)' \
    'ok .*52722/tcp is held by autobus-serve' 'none had to be dropped' \
    'heard: 1 program of this machine, 1 of 1 other machine$' 'ok .*lamp@hall: 10.0.0.2:52722 bound in [0-9.]+ ms' \
    'stove@kitchen: 127.0.0.1:52722 bound in .*; 10.0' 'settings: none'
check 'and nothing else is said' silent_about 'warning|FAILURE'
doctor kitchen --quiet
check 'with --quiet nothing is said then' cmp "$room/doctor" /dev/null
doctor kitchen --json --verbose --all
check 'as JSON each check is an object' is_json
check 'with its facts' said 0 '"check":"udp_port".*"open":true,"holders":\[\{"uid":[0-9]+,"pid":[0-9]+,"program":"' \
    '"check":"service".*"routes":\[\{"host":"10.0.0.2","port":52722,.*"result":"answered","bind_ms":' \
    '"check":"counters".*"group":"datagrams"' '"check":"versions".*"libautobus2":"' 'autobus.details'
doctor kitchen lamp
check 'a service is asked what it offers' said 0 'lamp@hall: 10.0.0.2:52722 bound in .* ms, answers in [0-9.]+ ms' \
    'lamp@hall offers 1 function, 1 event, 1 object'
check 'and others are not' silent_about 'stove@'
doctor kitchen lamb
check 'what is not there is not found, and the nearest is named' said 3 'FAILURE .*no service matches lamb' 'mean lamp\?'
doctor kitchen --quiet 10.0.0.2:52722
check 'a bus at a place is tried without discovery' said 0
doctor kitchen --quiet 10.0.0.2:9/x
check 'and so is one that is not there' said 1 '10.0.0.2:9 refused or filtered' "open that machine's firewall"

# ---- Interfaces

net_on kitchen ip link set eth1 down
doctor kitchen
check 'an interface that is down is told' said 0 'warning .*eth1 is not used: down' 'ip link set'
net_on kitchen ip link set eth1 up
doctor kitchen --interfaces '!eth1'
check 'one that is excluded is as it should be' said 0 'ok .*eth1 is not used: excluded by the setting interfaces' \
    'settings: interfaces=!eth1 \(program\)'
doctor kitchen --interfaces nope0
check 'one that is not there is asked for in vain' said 1 'FAILURE .*there is no interface nope0 here now'
net_host cellar
doctor cellar
check 'a machine without a network says so' said 1 'FAILURE .*there is no network' 'connect this machine'
net_on cellar ip link set lo down
doctor cellar
check 'and without loopback too' said 1 'lo is not used: down'

# ---- Nobody there, and datagrams from elsewhere

net_join cellar eth0 10.0.5.1/24 lan5
net_on cellar ip link set lo up
doctor cellar
check 'where nobody is heard, reasons are named' said 0 'warning .*nobody was heard at all' 'client isolation' \
    'AUTOBUS_SEEDS'
serve attic fan
doctor kitchen --interfaces '!eth1'
check 'what is not of our networks is told with its source' said 0 \
    'warning .*datagrams? from 10.0.1.3 dropped: it is on no network that is used here' 'AUTOBUS_ACCEPT=10.0.1.3'
net_spawn kitchen autobus-doctor --json --wait 3 >"$room/doctor" 2>&1
listening=$net_pid
sleep 1
net_on hall stranger send 10.0.0.255 52722 'what is this' 'and this' '{"command":"dance"}'
net_on hall stranger send 10.0.0.255 52722 '{"command":"add","port":9,"service":"ghost","info":{"type":"ghost"}}'
status=0
wait "$listening" || status=$?
check 'and what is no packet' said 1 '"check":"datagrams".*"host":"10.0.0.2","reason":"malformed","count":2' \
    '"reason":"unknown","count":1'
check 'a service that is announced where nothing is, is named' said 1 \
    '"check":"service","status":"failure".*"remedy":"it is announced by 10.0.0.2, port 9: open.*"service":"ghost"' \
    '"result":"unreachable"'

# ---- A program that hangs, and firewalls

kill -STOP "$lamp"
net_spawn hall autobus-serve --info type=clock --object n=1 </dev/null >/dev/null 2>&1
doctor kitchen --timeout 0.5 --interfaces '!eth1' 10.0.0.2:52722
check 'a program that hangs is found' said 1 'FAILURE .*10.0.0.2:52722 does not answer' 'or the program there hangs'
kill -CONT "$lamp"

firewall() { # HOST RULE…
    firewall_host=$1
    shift
    net_on "$firewall_host" nft flush ruleset && net_on "$firewall_host" nft add table inet filter &&
        net_on "$firewall_host" nft add chain inet filter input '{ type filter hook input priority 0; }' &&
        net_on "$firewall_host" nft add rule inet filter input "$@"
}

if command -v nft >/dev/null && firewall hall tcp dport 52722-52821 reject 2>/dev/null; then
    doctor kitchen lamp
    check 'a firewall over there that refuses' said 1 'FAILURE .*lamp@hall: 10.0.0.2:52722 refused or filtered' \
        "announced by 10.0.0.2, port 52722: open that machine's firewall"
    firewall hall tcp dport 52722-52821 drop
    doctor kitchen --timeout 0.5 lamp
    check 'and one that is silent' said 1 'FAILURE .*lamp@hall: 10.0.0.2:52722 does not answer' 'firewall drops it'
    net_on hall nft flush ruleset
    firewall kitchen iifname eth0 udp dport 52722 drop
    doctor kitchen
    check 'a firewall here that lets nothing in' said 1 \
        'FAILURE .*eth0 \(10.0.0.1\): what this host sends there to port 52722/udp does not come back' \
        'ok .*eth1 \(10.0.1.1\) is used, and' 'let it in: '
    net_on kitchen nft flush ruleset
else
    echo 'skipped: firewalls, there is no nft that works here'
fi

# ---- Ports

net_spawn cellar stranger hold udp 52722 >"$room/stranger" 2>&1
stranger=$net_pid
wait_for 10 grep -q holding "$room/stranger"
doctor cellar
check 'a program that does not share the port of discovery is named' said 1 \
    "FAILURE .*52722/udp cannot be had \(Address already in use\), so nobody is heard: it is held by stranger" \
    'end that program'
check 'and firewalls are not guessed at' silent_about 'firewall on this machine'
kill "$stranger"
net_spawn cellar stranger hold tcp 52722 >"$room/stranger2" 2>&1
wait_for 10 grep -q holding "$room/stranger2"
doctor cellar
check 'one that holds the first port of connections is no harm' said 0 \
    'warning .*52722/tcp is held by stranger \(pid [0-9]+\), which announces nothing'

# ---- Settings

AUTOBUS_BIND=10.0.0.77 doctor kitchen
check 'an address that is not there is asked for in vain' said 1 \
    'FAILURE .*nothing here has the address 10.0.0.77 of the setting bind' 'name what is there in .*AUTOBUS_BIND'
AUTOBUS_BIND=10.0.1.1 doctor kitchen
check 'and one that is there is not' silent_about 'FAILURE.*bind'
AUTOBUS_PORTS=nonsense doctor cellar
check 'a setting that is wrong is a failure' said 7 'FAILURE .*AUTOBUS_PORTS: "nonsense" is no range' 'mend it'
AUTOBUS_PORTS=6000-6009 doctor cellar
check 'settings are told with where they are from' said 0 'settings: ports=6000-6009 \(environment\)' '6000/tcp is free'
AUTOBUS_SEEDS='10.0.0.2, 10.0.0.3:9' doctor kitchen
check 'known hosts are tried' said 1 'ok .*10.0.0.2: 10.0.0.2:52722 bound in' \
    'FAILURE .*10.0.0.3:9: 10.0.0.3:9 refused or filtered' 'look whether 10.0.0.3 is on'
AUTOBUS_DISCOVERY=none doctor kitchen
check 'where nothing is sent by a setting no firewall is guessed at' said 0 'eth0 .* is used, and nothing is sent there'
if mount --bind "$room" /etc 2>/dev/null; then
    printf '# mine\nAUTOBUS_PORTS=6000\n' >"$room/autobus2.conf"
    doctor cellar
    check 'also of the file' said 0 'settings: ports=6000 \(/etc/autobus2.conf:2\)'
    printf 'AUTOBUS_PORT=6000\n' >"$room/autobus2.conf"
    doctor cellar --json
    check 'and what is wrong there has its line' said 7 '"check":"settings".*autobus2.conf:1: there is no setting'
fi

check_end
