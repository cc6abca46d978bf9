#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# timeout: 180
#
# Real programs work through the NAT, and their servers see outside addresses:
# curl, iperf3, ping, traceroute from both sides, dig, an ssh session that idles,
# an SCTP association. coturn's NAT discovery (RFC 5780) sees the mapping and the
# filtering that each instance was given.
#
#   INSIDE                     BNG                   OUTSIDE              FAR
#   100.64.0.1 .. .5 --- intern   extern --- 203.0.113.1, .2 --- 192.0.2.2
#                    198.51.100.1 .. .5          192.0.2.1
# shellcheck disable=SC2317 # check calls functions by their names
set -u
. "${0%/*}/lib.sh"

server=203.0.113.1
far=192.0.2.2
outer=198.51.100.1
patience=$((20 * wait_factor))
work=$(workspace)

# --- the laboratory ----------------------------------------------------------

# Programs inside use 100.64.0.1 unless told otherwise. All routers answer as often
# as they are asked.
extend_lab()
{
	local ns

	setup_ns FAR && link_ns "$OUTSIDE" far 192.0.2.1/30 "$FAR" eth0 $far/30 &&
		ip -n "$FAR" route add default via 192.0.2.1 && forwarding "$OUTSIDE" || return
	for ns in "$INSIDE" "$BNG" "$OUTSIDE" "$FAR"; do
		in_ns "$ns" sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit' || return
	done
	ip -n "$INSIDE" -batch - <<-EOT
		address add 100.64.0.3/32 dev eth0
		address add 100.64.0.4/32 dev eth0
		address add 100.64.0.5/32 dev eth0
		route replace default via 10.10.0.1 src 100.64.0.1
	EOT
}

# The router beyond counts what it must not see, also in the quotes of ICMP errors,
# and some of what it must. (nft reads "icmp type" in later fragments too.)
watch_outside()
{
	in_ns "$OUTSIDE" nft -f - <<-'EOT'
		table ip watch {
			counter leaked { }
			counter pings { }
			counter associated { }
			counter traced { }
			chain in {
				type filter hook prerouting priority raw;
				iifname "eth0" ip saddr { 10.0.0.0/8, 100.64.0.0/10 } \
					counter name leaked
				ip daddr 192.0.2.2 ip saddr 198.51.100.1 counter name traced
				ip protocol 132 ip saddr 198.51.100.1 counter name associated
				ip frag-off & 0x1fff != 0 accept
				iifname "eth0" icmp type { 3, 11, 12 } \
					@th,192,32 & 0xffc00000 == 0x64400000 counter name leaked
				icmp type echo-request ip saddr 198.51.100.1 counter name pings
			}
		}
	EOT
}

load_rules()
{
	in_ns "$BNG" "$NFT_ALIAS" -f - <<-'EOT'
		alias home { address 198.51.100.1; timeout udp port 53 5s; timeout hold 0; }
		alias adf { address 198.51.100.3; filter adf; }
		alias apdf { address 198.51.100.4; filter apdf; }
		alias edm { address 198.51.100.5; mapping edm; }
		table ip cgn {
			chain in {
				type filter hook prerouting priority raw;
				iifname "extern" ip daddr 198.51.100.1 alias in home
				iifname "extern" ip daddr 198.51.100.3 alias in adf
				iifname "extern" ip daddr 198.51.100.4 alias in apdf
				iifname "extern" ip daddr 198.51.100.5 alias in edm
				iifname "extern" ip daddr 198.51.100.0/24 drop
			}
			chain out {
				type filter hook postrouting priority srcnat;
				oifname "extern" ip saddr 100.64.0.1-100.64.0.2 alias out home
				oifname "extern" ip saddr 100.64.0.3 alias out adf
				oifname "extern" ip saddr 100.64.0.4 alias out apdf
				oifname "extern" ip saddr 100.64.0.5 alias out edm
				oifname "extern" icmp type { 3, 11, 12 } \
					@th,192,32 & 0xfffffffc == 0x64400000 alias out home
			}
		}
	EOT
}

# serve NAME COMMAND...: a server outside, what it prints goes to a file
serve()
{
	local name=$1

	shift
	in_ns "$OUTSIDE" "$@" < /dev/null > "$work/$name.log" 2>&1 &
}

# listening -t|-u ADDRESS:PORT
listening()
{
	[ -n "$(in_ns "$OUTSIDE" ss -Hln "$1" "src $2")" ]
}

# wait_server NAME -t|-u ADDRESS:PORT
wait_server()
{
	check "$1 listens" busywait 20 listening "$2" "$3" || diag "$(cat "$work/$1.log")"
}

# link_value JQ-PATH FILTER...: of the first link of home that list links finds
link_value()
{
	local path=$1

	shift
	in_ns "$BNG" "$NFT_ALIAS" -j list links "$@" home 2> /dev/null |
		jq -r "[.nftables[] | select(.link) | .link | $path][0]"
}

# --- curl --------------------------------------------------------------------

# download DIRECTORY OPTION...: all files at once
download()
{
	local to=$1

	shift
	mkdir -p "$to" && in_ns "$INSIDE" curl -sS --fail --max-time "$patience" "$@" \
		--parallel --parallel-immediate -o "$to/#1" "http://$server:8080/[1-6]" &&
		(cd "$to" && sha256sum -c --quiet "$work/sums")
}

# Lines of the server's log: CLIENT - - [DATE] "GET /…
curl_clients()
{
	sed -n 's/^\([^ ]*\) .*"GET .*" 200 .*/\1/p' "$work/http.log" | sort | uniq -c |
		awk '{ print $1, $2 }'
}

test_curl()
{
	local n

	mkdir "$work/www"
	for n in {1..6}; do
		head -c $((n * 100000 + n)) /dev/urandom > "$work/www/$n"
	done
	(cd "$work/www" && sha256sum -- * > "$work/sums")
	serve http python3 -u -m http.server --bind $server --directory "$work/www" 8080
	wait_server http -t $server:8080
	check "curl: six files at once, content as it was" download "$work/got1"
	check "curl: the same for another customer" download "$work/got2" --interface 100.64.0.2
	check_eq "curl: the server sees the outside address" "$(curl_clients)" "12 $outer"
}

# --- iperf3 ------------------------------------------------------------------

# iperf_reports BYTES REVERSE: both ends' reports say the same, and what they should
iperf_reports()
{
	jq -n -e --argjson n "$1" --argjson reverse "$2" --arg outer "$outer" \
		--slurpfile client "$work/client.json" --slurpfile server "$work/server.json" '
		$client[0] as $c | $server[0] as $s | [
		$c.error == null and $s.error == null,
		$s.start.accepted_connection.host == $outer,
		[$s.start.connected[].remote_host] - [$outer] == [],
		$c.end.sum_sent.bytes >= $n,
		$c.end.sum_received.bytes > $n / 2,
		$c.end.sum_received.bytes <= $c.end.sum_sent.bytes,
		if $reverse then $c.end.sum_sent.bytes == $s.end.sum_sent.bytes
		else $c.end.sum_received.bytes == $s.end.sum_received.bytes end,
		($c.end.sum.lost_packets // 0) == 0
		] | if all then true else (tojson | stderr | false) end' && return
	jq -c .end "$work/client.json" "$work/server.json"
	return 1
}

# Payload passes the instance, so that counts at least as much.
iperf_counted()
{
	local way=$1 before=$2 bytes

	bytes=$(jq .end.sum_received.bytes "$work/client.json")
	[ $(($(alias_value "$BNG" home ".$way.bytes") - before)) -ge "$bytes" ]
}

# iperf NAME BYTES OPTION...: the server ends with the one connection
iperf()
{
	local name=$1 bytes=$2 reverse=false way=out before pid

	shift 2
	case " $* " in
	*" -R "*) reverse=true way=in ;;
	esac
	rm -f "$work/client.json"
	in_ns "$OUTSIDE" timeout $((2 * patience)) iperf3 -s -1 -J -B $server \
		> "$work/server.json" &
	pid=$!
	busywait 20 listening -t $server:5201
	before=$(alias_value "$BNG" home ".$way.bytes")
	check "$name: ends well" in_ns "$INSIDE" timeout $patience iperf3 -c $server -J \
		--logfile "$work/client.json" -n "$bytes" "$@"
	wait $pid
	check_eq "$name: the server ends well" $? 0
	check "$name: what both ends report" iperf_reports "$bytes" $reverse
	check "$name: the instance counted it" iperf_counted $way "$before"
}

test_iperf()
{
	iperf "iperf3 TCP, three streams" 3000000 -P 3 -w 64K
	iperf "iperf3 TCP from the server" 3000000 -R -w 64K
	# What the receiver has not read when the sender is done it never counts: a second
	# is time enough to read half of it on a busy machine, a fifth was not.
	iperf "iperf3 UDP" 100000 -u -b 1M -l 1200
	iperf "iperf3 UDP from the server" 100000 -u -b 1M -l 1200 -R
}

# --- ping --------------------------------------------------------------------

# ping_outside COUNT OPTION...: none is lost, each is seen with its outside address
ping_outside()
{
	local count=$1 before

	shift
	before=$(counter "$OUTSIDE" ip watch pings)
	in_ns "$INSIDE" ping -n -c "$count" -i 0.2 -W "$patience" "$@" "$server" |
		tee "$work/ping.log"
	grep -q " $count received, 0% packet loss" "$work/ping.log" || return
	value_is $((before + count)) counter "$OUTSIDE" ip watch pings
}

test_ping()
{
	check "ping: none is lost" ping_outside 5
	check "ping: as large as the MTU allows" ping_outside 2 -s 1472 -M "do"
	check "ping: 20000 bytes, in fragments" ping_outside 2 -s 20000
	check "ping: the largest packet" ping_outside 2 -s 65507
}

# --- traceroute --------------------------------------------------------------

# trace NAMESPACE DESTINATION OPTION...: prints the hops, * for one that is silent
trace()
{
	local ns=$1 to=$2

	shift 2
	in_ns "$ns" traceroute -n -q 1 -m 6 -w $((3 * wait_factor)) "$@" "$to" > "$work/trace.log"
	awk 'NR > 1 { printf "%s%s", sep, $2; sep = " " }' "$work/trace.log"
}

trace_is()
{
	local name=$1 wanted=$2

	shift 2
	check "$name" value_is "$wanted" trace "$@" || diag "$(cat "$work/trace.log")"
}

# From outside, the BNG answers for the inside, and hides behind its address.
test_traceroute()
{
	local path="10.10.0.1 $server $far" back="192.0.2.1 $outer $outer" port

	trace_is "traceroute by UDP: every hop answers" "$path" "$INSIDE" $far
	trace_is "traceroute by ICMP: every hop answers" "$path" "$INSIDE" $far -I
	trace_is "traceroute by TCP: every hop answers" "$path" "$INSIDE" $far -T
	check "traceroute: the router beyond sees the outside address" \
		[ "$(counter "$OUTSIDE" ip watch traced)" -ge 3 ]

	in_ns "$INSIDE" bash -c "echo > /dev/udp/$server/999"
	port=$(link_value .outside.port -p udp --dport 999)
	trace_is "traceroute by UDP from outside, to a link: no inside address" "$back" \
		"$FAR" $outer -U -p "$port"
	port=$(link_value .outside.port -p tcp --dport 8080)
	trace_is "traceroute by TCP from outside, to a link: no inside address" "$back" \
		"$FAR" $outer -T -p "$port"
}

# --- dig ---------------------------------------------------------------------

dig_whoami()
{
	in_ns "$INSIDE" dig "@$server" +short +tries=1 +timeout="$patience" "$@" whoami.example A
}

test_dig()
{
	serve dns python3 "$lib_dir/dns_server.py" $server
	wait_server dns -u $server:53
	wait_server dns -t $server:53
	check "dig by UDP: the server saw the outside address" value_is $outer dig_whoami +notcp
	check "dig by TCP: the server saw the outside address" value_is $outer dig_whoami +tcp
}

# --- ssh ---------------------------------------------------------------------

ssh_options=(-F /dev/null -i "$work/key" -o IdentitiesOnly=yes -o BatchMode=yes
	     -o UserKnownHostsFile="$work/known_hosts" -o StrictHostKeyChecking=yes
	     -o TCPKeepAlive=no -o ServerAliveInterval=0)

start_sshd()
{
	ssh-keygen -q -t ed25519 -N '' -f "$work/key" &&
		ssh-keygen -q -t ed25519 -N '' -f "$work/host_key" || return
	echo "$server $(cut -d ' ' -f 1,2 "$work/host_key.pub")" > "$work/known_hosts"
	cat > "$work/sshd_config" <<-EOT
		ListenAddress $server
		HostKey $work/host_key
		AuthorizedKeysFile $work/key.pub
		PidFile none
		StrictModes no
		PermitRootLogin prohibit-password
		UsePAM yes
		UseDNS no
		TCPKeepAlive no
		ClientAliveInterval 0
	EOT
	mkdir -p /run/sshd
	serve sshd /usr/sbin/sshd -D -e -f "$work/sshd_config"
	wait_server sshd -t $server:22
}

# ask COMMAND: to the shell at the other end; prints the line it answers
ask()
{
	local answer=

	echo "$1" >&"${session[1]}" && read -r -t $patience answer <&"${session[0]}"
	echo "$answer"
}

ssh_link()
{
	link_value "$1" -p tcp --dport 22
}

# As a connection that was just used; less than the time that reading it takes.
ssh_link_is_fresh()
{
	local seconds

	seconds=$(ssh_link .seconds)
	echo "$seconds seconds left"
	[ "$seconds" -le 7440 ] && [ "$seconds" -ge $((7440 - patience)) ]
}

# While the session idles others open links and use them; one runs out and is
# collected.
idle_until()
{
	value_is "$outer" dig_whoami && value_is 1 alias_value "$BNG" home .links.udp || return
	while [ "$(ssh_link .seconds)" -gt "$1" ]; do
		in_ns "$INSIDE" ping -n -q -c 2 -i 0.2 -W "$patience" "$server" || return
	done
	busywait 30 value_is 0 alias_value "$BNG" home .links.udp
}

test_ssh()
{
	local pid left

	start_sshd
	in_ns "$BNG" "$NFT_ALIAS" flush alias home
	coproc session {
		in_ns "$INSIDE" ssh "${ssh_options[@]}" root@$server sh 2> "$work/ssh.log"
	}
	# shellcheck disable=SC2154 # coproc sets it
	pid=$session_PID
	# shellcheck disable=SC2016 # the other end expands it
	check_eq "ssh: the server sees the outside address" \
		"$(ask 'echo ${SSH_CONNECTION%% *}')" "$outer" ||
		diag "$(cat "$work/ssh.log" "$work/sshd.log")"
	check_eq "ssh: the link" "$(ssh_link .state)" ESTABLISHED
	check "ssh: the link has as long as a connection has" ssh_link_is_fresh
	left=$(ssh_link .seconds)
	check "ssh: the session idles, other links come and go" idle_until $((left - 5))
	left=$(ssh_link .seconds)
	check_eq "ssh: it still answers" "$(ask 'expr 6 \* 7')" 42
	check "ssh: that gave the link new time" [ "$(ssh_link .seconds)" -gt "$left" ]
	check_eq "ssh: the link after that" "$(ssh_link .state)" ESTABLISHED
	check "ssh: the link has as long again" ssh_link_is_fresh
	left=$(ask 'exit 5')
	wait "$pid"
	check_eq "ssh: the session ends as it should" $? 5
}

# --- SCTP --------------------------------------------------------------------

# Sizes of the messages in the output of sctp_test, in order
sctp_sizes()
{
	grep -oE '(Data|sendmsg.*) [0-9]+ bytes' "$work/$1.log" | awk '{ print $(NF - 1) }' |
		paste -sd ' '
}

sctp_client()
{
	in_ns "$INSIDE" timeout "$patience" sctp_test -H 100.64.0.1 -P 2600 -h "$server" -p 2500 \
		-s -x 1 -c 1 | tee "$work/client.log"
	return "${PIPESTATUS[0]}"
}

# sctp_test sends messages of several sizes, some larger than a packet.
test_sctp()
{
	serve sctp stdbuf -oL sctp_test -H $server -P 2500 -l
	check "sctp_test listens" busywait 20 grep -q 'Receiving packets' "$work/sctp.log"
	check "SCTP: the client ends well" sctp_client
	check "SCTP: the server sees an orderly end" \
		busywait 20 grep -q SHUTDOWN_COMPLETE "$work/sctp.log"
	check_eq "SCTP: the messages that were sent" "$(sctp_sizes sctp)" "$(sctp_sizes client)"
	check "SCTP: the server sees the outside address" \
		[ "$(counter "$OUTSIDE" ip watch associated)" -gt 10 ]
}

# --- NAT discovery -----------------------------------------------------------

# discover INSIDE-ADDRESS: prints the verdicts
discover()
{
	in_ns "$INSIDE" turnutils_natdiscovery -m -f -L "$1" "$server" > "$work/discovery.log"
	grep -E '^(NAT with|No NAT)' "$work/discovery.log" | paste -sd ' '
}

refused_in()
{
	alias_value "$BNG" "$1" '.in["no-link"] + .in.filtered'
}

# discovered INSTANCE INSIDE-ADDRESS OUTSIDE-ADDRESS MAPPING FILTERING REFUSED: an
# answer that the client must not get is refused, not just late
discovered()
{
	local name=$1 before

	before=$(refused_in "$name")
	check "natdiscovery, $name: what it found" \
		value_is "NAT with $4 Mapping! NAT with $5 Filtering!" discover "$2" ||
		diag "$(cat "$work/discovery.log")"
	check_eq "natdiscovery, $name: the server saw the outside address" \
		"$(sed -n 's/.*UDP reflexive addr: \(.*\):.*/\1/p' "$work/discovery.log" | sort -u)" \
		"$3"
	check_eq "natdiscovery, $name: answers refused" $(($(refused_in "$name") - before)) "$6"
}

test_discovery()
{
	serve turnserver turnserver -n --listening-ip=$server --listening-ip=203.0.113.2 \
		--stun-only --no-auth --no-tls --no-dtls --no-tcp --no-cli --relay-threads=1 \
		--log-file=stdout --pidfile="$work/turnserver.pid" --userdb="$work/turndb"
	wait_server turnserver -u $server:3478
	wait_server turnserver -u 203.0.113.2:3479
	discovered home 100.64.0.1 $outer "Endpoint Independent" "Endpoint Independent" 0
	discovered adf 100.64.0.3 198.51.100.3 "Endpoint Independent" "Address Dependent" 1
	discovered apdf 100.64.0.4 198.51.100.4 \
		"Endpoint Independent" "Address and Port Dependent" 2
	discovered edm 100.64.0.5 198.51.100.5 \
		"Address and Port Dependent" "Address and Port Dependent" 2
}

setup_lab && extend_lab && watch_outside && load_rules || exit
test_curl
test_iperf
test_ping
test_traceroute
test_dig
test_ssh
test_sctp
test_discovery
check_eq "nothing left the BNG with an inside address" "$(counter "$OUTSIDE" ip watch leaked)" 0
finish
