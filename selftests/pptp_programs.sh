#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# timeout: 240
#
# Two customers behind one outside address call one PPTP server at the same time,
# with the real programs (pptp-linux, pptpd, pppd at both ends), and each gets its
# own tunnel: content is the same at both ends, no packet of the calls is lost, they
# have different ids outside, and the server knows one client address. Negative control:
# without the switch `pptp` the second customer gets no tunnel. (This client picks
# its ids at random; two equal ones are a case of pptp.sh.)
#
#   HOME1 100.64.0.11 --- home1
#                       INSIDE --- intern [BNG] extern --- OUTSIDE
#   HOME2 100.64.0.12 --- home2            198.51.100.1        203.0.113.1: pptpd
#
#   ppp0 172.16.0.11, … ====================================== 172.16.0.1, a ppp for each
# shellcheck disable=SC2317 # check calls functions by their names
set -u
. "${0%/*}/lib.sh"

server=203.0.113.1
tunnel=172.16.0.1
outer=198.51.100.1
patience=$((30 * wait_factor))
work=$(workspace)

# --- the laboratory ----------------------------------------------------------

# The address is a customer's own, so there is no ARP to think of.
home_lab()
{
	local ns=$1 device=$2 address=$3

	link_ns "$INSIDE" "$device" - "$ns" eth0 "$address/32" &&
		ip -n "$ns" route add 10.10.0.2 dev eth0 &&
		ip -n "$ns" route add default via 10.10.0.2 &&
		ip -n "$INSIDE" route add "$address" dev "$device"
}

extend_lab()
{
	setup_ns HOME1 HOME2 && home_lab "$HOME1" home1 100.64.0.11 &&
		home_lab "$HOME2" home2 100.64.0.12 && forwarding "$INSIDE"
}

# The router beyond, here the server itself, counts what it must not see.
watch_outside()
{
	in_ns "$OUTSIDE" nft -f - <<-'EOT'
		table ip watch {
			counter strange { }
			chain in {
				type filter hook prerouting priority raw;
				iifname "eth0" ip saddr != 198.51.100.1 counter name strange
			}
		}
	EOT
}

# GRE that an end sends and gets
watch_gre()
{
	in_ns "$1" nft -f - <<-'EOT'
		table ip gre {
			counter sent { }
			counter got { }
			chain in {
				type filter hook prerouting priority raw;
				iifname "eth0" ip protocol gre counter name got
			}
			chain out {
				type filter hook postrouting priority srcnat;
				oifname "eth0" ip protocol gre counter name sent
			}
		}
	EOT
}

# load_rules pptp|''
load_rules()
{
	in_ns "$BNG" "$NFT_ALIAS" -f - <<-EOT
		alias calls { address $outer; ${1:+$1;} }
		table ip cgn
		delete table ip cgn
		table ip cgn {
			chain in {
				type filter hook prerouting priority raw;
				iifname "extern" ip daddr $outer alias in calls
				iifname "extern" ip daddr $outer drop
			}
			chain out {
				type filter hook postrouting priority srcnat;
				oifname "extern" ip saddr 100.64.0.0/24 alias out calls
			}
		}
	EOT
}

# --- the programs ------------------------------------------------------------

# What both ends of a tunnel say; nothing but IPv4, uncompressed, is in it. Options
# of the machine's own /etc/ppp are read before, and taken back here.
ppp_options()
{
	printf '%s\n' noauth nolock nocrtscts local nodetach noccp novj novjccomp nopcomp noaccomp \
		noipv6 nodefaultroute "mtu 1400" "mru 1400" "lcp-echo-interval 0" "lcp-restart 1" "$@"
}

start_server()
{
	ppp_options ipcp-accept-remote "logfile $work/pppd.log" > "$work/options"
	printf '%s\n' "option $work/options" "listen $server" "localip $tunnel" \
		"remoteip 172.16.0.11-20" debug > "$work/pptpd.conf"
	in_ns "$OUTSIDE" pptpd --fg --debug --conf "$work/pptpd.conf" \
		--pidfile "$work/pptpd.pid" < /dev/null > "$work/pptpd.log" 2>&1 &
	check "pptpd listens" busywait 20 listening || diag "$(cat "$work/pptpd.log")"
}

listening()
{
	[ -n "$(in_ns "$OUTSIDE" ss -Hlnt "src $server:1723")" ]
}

# call NAMESPACE LOG: $! is its pppd. Each customer has a machine of its own, with
# a /run of its own: pptp looks for other calls to this server there.
call()
{
	ppp_options noipdefault ipcp-accept-local ipcp-accept-remote debug \
		"lcp-max-configure 8" > "$work/client"
	# shellcheck disable=SC2016 # the inner shell expands it
	ip netns exec "$1" sh -c 'mount -t tmpfs run /run && mkdir /run/pptp &&
		exec pppd file "$1" pty "pptp $2 --nolaunchpppd --nohostroute" unit 0' \
		sh "$work/client" $server < /dev/null > "$work/$2.log" 2>&1 &
}

# up NAMESPACE: it has a tunnel to the server
up()
{
	ip -n "$1" -o address show dev ppp0 | grep -q "peer $tunnel/"
}

logs()
{
	local file

	for file in "$@"; do
		diag "$file:"
		diag "$(tail -n 30 "$work/$file.log")"
	done
}

# --- what they see -----------------------------------------------------------

links()
{
	in_ns "$BNG" "$NFT_ALIAS" -j list links -p "$1" calls |
		jq -r ".nftables[] | select(.link) | .link | $2" | sort -u
}

# Customers of each kind of link, the address outside, and ids apart
calls_are_apart()
{
	value_is "100.64.0.11 100.64.0.12" paste_of links gre .inside.address &&
		value_is "$outer" links gre .outside.address &&
		value_is 2 count_of links gre .outside.id
}

paste_of()
{
	"$@" | paste -sd ' '
}

count_of()
{
	"$@" | wc -l
}

# Addresses of the clients of the server, one for each connection
clients()
{
	in_ns "$OUTSIDE" ss -Hnt state established "src $server:1723" |
		awk '{ sub(/:[0-9]*$/, "", $4); print $4 }' | paste -sd ' '
}

# gre_counts sent|got NAMESPACE...: packets and bytes of GRE that all of them counted
gre_counts()
{
	local way=$1 ns

	shift
	for ns in "$@"; do
		in_ns "$ns" nft -j list counter ip gre "$way"
	done | jq -rs '[.[].nftables[] | select(.counter) | .counter] |
		"\(map(.packets) | add) \(map(.bytes) | add)"'
}

# The programs may lose packets on a busy machine, the BNG none: what each side
# sent the other got.
gre_is_whole()
{
	value_is "$(gre_counts sent "$HOME1" "$HOME2")" gre_counts got "$OUTSIDE" &&
		value_is "$(gre_counts sent "$OUTSIDE")" gre_counts got "$HOME1" "$HOME2"
}

# --- what goes through the tunnels -------------------------------------------

# Both customers at once: each sends a file and gets another.
transfer()
{
	local n pids=() failed=0

	for n in 1 2; do
		in_ns "${homes[n]}" curl -sS --fail --max-time "$patience" \
			-o "$work/got$n" "http://$tunnel:8080/$n" &
		pids+=($!)
		in_ns "${homes[n]}" curl -sS --fail --max-time "$patience" \
			-T "$work/sent$n" "http://$tunnel:8080/put$n" &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || failed=1
	done
	[ "$failed" = 0 ] && (cd "$work" && sha256sum -c --quiet sums)
}

# ping compares what comes back with what it sent.
ping_server()
{
	in_ns "$1" ping -n -c 5 -i 0.2 -W "$patience" -s 1000 "$tunnel" > "$work/ping.$1" 2>&1
	cat "$work/ping.$1"
	grep -q ' 5 received, 0% packet loss' "$work/ping.$1" &&
		! grep -qi 'wrong\|different' "$work/ping.$1"
}

ping_both()
{
	local first

	ping_server "$HOME1" &
	first=$!
	ping_server "$HOME2" && wait "$first"
}

start_files()
{
	local n

	mkdir "$work/www"
	for n in 1 2; do
		head -c $((150000 + n)) /dev/urandom > "$work/www/$n"
		head -c $((120000 + n)) /dev/urandom > "$work/sent$n"
	done
	(cd "$work" && sha256sum www/1 www/2 sent1 sent2 |
		sed 's|www/|got|; s|sent|www/put|' > sums)
	in_ns "$OUTSIDE" python3 "$lib_dir/put_server.py" "$tunnel" 8080 "$work/www" \
		< /dev/null > "$work/http.log" 2>&1 &
	check "the server of files listens" busywait 20 files_listen || logs http
}

files_listen()
{
	[ -n "$(in_ns "$OUTSIDE" ss -Hlnt "src $tunnel:8080")" ]
}

# --- tests -------------------------------------------------------------------

call_both()
{
	call "$HOME1" first
	pids[1]=$!
	call "$HOME2" second
	pids[2]=$!
}

test_calls()
{
	local n

	load_rules pptp || exit
	for n in "$HOME1" "$HOME2" "$OUTSIDE"; do
		in_ns "$n" nft reset counters table ip gre > /dev/null
	done
	call_both
	for n in 1 2; do
		check "customer $n has a tunnel" busywait 60 up "${homes[n]}" ||
			logs first second pptpd pppd
	done

	check "the calls have different ids outside" calls_are_apart ||
		diag "$(in_ns "$BNG" "$NFT_ALIAS" list links)"
	check_eq "the server has two clients of one address" "$(clients)" "$outer $outer"
	start_files
	check "each tunnel has an address of its own" \
		[ "$(tunnel_address "$HOME1")" != "$(tunnel_address "$HOME2")" ]
	check "both ping the server through their tunnels, at the same time" ping_both
	check "both send and get files at the same time, content as it was" transfer || logs http
	check "every packet of the calls, in all their bytes, arrived at the other end" \
		busywait 10 gre_is_whole || diag "$(gre_is_whole)"
	check "so much content went through them" [ "$(gre_bytes)" -gt 540000 ]
}

gre_bytes()
{
	gre_counts sent "$HOME1" "$HOME2" "$OUTSIDE" | cut -d ' ' -f 2
}

tunnel_address()
{
	ip -n "$1" -j address show dev ppp0 | jq -r '.[0].addr_info[0].local'
}

# The control: by addresses there is one GRE for the server, and the first has it.
test_without_switch()
{
	local code

	load_rules '' || exit
	call "$HOME1" first
	pids[1]=$!
	check "without the switch the first customer has a tunnel" busywait 60 up "$HOME1" ||
		logs first pppd
	call "$HOME2" second
	wait $!
	code=$?
	check_fails "without the switch the second has none" up "$HOME2"
	check "its pppd gives up: $code" [ $code != 0 ] || logs second pppd
	check "its GRE was refused" [ "$(alias_value "$BNG" calls '.out["no-port"]')" -gt 0 ]
	check "the first's goes on" ping_server "$HOME1"
	kill -TERM "${pids[1]}"
	wait "${pids[1]}"
	check "all is quiet again" busywait 60 value_is "0 " quiet || logs first second pppd
	in_ns "$BNG" "$NFT_ALIAS" flush alias calls
}

quiet()
{
	echo "$(server_ends) $(clients)"
}

# One hangs up: the other's call goes on.
test_hang_up()
{
	kill -TERM "${pids[1]}"
	check "the first hangs up, and its server's end goes" busywait 30 value_is 1 server_ends ||
		logs first pppd
	check "the second's call goes on" ping_server "$HOME2"
	kill -TERM "${pids[2]}"
	check "the second hangs up" busywait 60 value_is "0 " quiet || logs second pppd
	wait "${pids[@]}"
}

server_ends()
{
	ip -n "$OUTSIDE" -o link show type ppp | wc -l
}

setup_lab && extend_lab && watch_outside || exit
for ns in "$HOME1" "$HOME2" "$OUTSIDE"; do
	watch_gre "$ns" || exit
done
modprobe -q ppp_async
[ -c /dev/ppp ] || mknod /dev/ppp c 108 0 || exit
mkdir -p /run/lock /run/pptp
homes=([1]=$HOME1 [2]=$HOME2)
pids=()
start_server
test_without_switch
test_calls
test_hang_up
check_eq "the server saw one address" "$(counter "$OUTSIDE" ip watch strange)" 0
finish
