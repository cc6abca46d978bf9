#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh		in the guest, as root, with NFT_ALIAS_KO and NFT_ALIAS set
#
# The main job: the 32 instances of an ISP that had 32 on each box, with the
# rules that crashed there and the rules that did not. Customers talk to the
# world and to each other; exit 0 only if all of it worked.
set -u
# The loop at the end of a pipe counts failures for this shell.
shopt -s lastpipe

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib.sh
. "$here/../selftests/lib.sh"

subscribers=(100.64.0.1 100.64.0.2 100.64.0.33 100.95.7.255 100.127.1.64)
pool=198.51.100.128/27
failed=0
rules=$(workspace)/demo.nft

if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' plain=''
fi

title()
{
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# Standard input, set back and subdued
quote()
{
	sed "s/^.*/    $dim&$plain/"
}

good()
{
	printf '  %s✓%s %s\n' "$green" "$plain" "$*"
}

bad()
{
	printf '  %s✗%s %s\n' "$red" "$plain" "$*"
	failed=$((failed + 1))
}

# try SENTENCE COMMAND...: the sentence is true if COMMAND succeeds
try()
{
	local sentence=$1 output

	shift
	if output=$("$@" 2>&1); then
		good "$sentence"
	else
		bad "$sentence"
		quote <<< "$output"
	fi
}

give_up()
{
	bad "$*"
	exit 1
}

nft_alias()
{
	in_ns "$BNG" "$NFT_ALIAS" "$@"
}

picture()
{
	cat <<-'EOT'

	  customers                    BNG                        the world
	                       ┌────────────────┐
	  100.64.0.1   ────────┤                │            ┌── web  203.0.113.2
	  100.64.0.2   ────────┤ 32 instances   │   ┌────────┴┐
	  100.64.0.33  ────────┤ nat128..nat159 ├───┤ router  │
	  100.95.7.255 ────────┤                │   └────────┬┘
	  100.127.1.64 ────────┤                │            └── game 203.0.113.6
	                       └────────────────┘
	  100.64.0.0/10, shared     extern: 198.51.100.128 to .159
	EOT
}

# connect NAMESPACE DEVICE OTHER: to eth0 of the other namespace
connect()
{
	ip -n "$1" -batch - <<-EOT
		link add $2 type veth peer name eth0 netns $3
		link set $2 up
	EOT
}

build_world()
{
	local n

	setup_ns BNG ROUTER WEB GAME SUB1 SUB2 SUB3 SUB4 SUB5 || return
	customers=("$SUB1" "$SUB2" "$SUB3" "$SUB4" "$SUB5")
	# A router's own address for its customers, on no wire
	ip -n "$BNG" address add 10.255.255.1/32 dev lo || return
	for n in "${!customers[@]}"; do
		connect "$BNG" "ppp$n" "${customers[n]}" || return
		ip -n "$BNG" route add "${subscribers[n]}" dev "ppp$n" || return
		ip -n "${customers[n]}" -batch - <<-EOT || return
			address add ${subscribers[n]}/32 dev eth0
			link set eth0 up
			route add default via 10.255.255.1 dev eth0 onlink
		EOT
	done
	link_ns "$BNG" extern 192.0.2.2/30 "$ROUTER" bng 192.0.2.1/30 &&
		link_ns "$ROUTER" web 203.0.113.1/30 "$WEB" eth0 203.0.113.2/30 &&
		link_ns "$ROUTER" game 203.0.113.5/30 "$GAME" eth0 203.0.113.6/30 &&
		ip -n "$BNG" route add default via 192.0.2.1 &&
		ip -n "$ROUTER" route add $pool via 192.0.2.2 &&
		ip -n "$WEB" route add default via 203.0.113.1 &&
		ip -n "$GAME" route add default via 203.0.113.5 &&
		forwarding "$BNG" "$ROUTER" &&
		watch_router
}

# Whatever the BNG lets out untranslated is counted where it arrives.
watch_router()
{
	in_ns "$ROUTER" nft -f - <<-'EOT'
		table ip watch {
			counter leaked { }
			chain in {
				type filter hook prerouting priority raw;
				iifname "bng" ip saddr 100.64.0.0/10 counter name leaked drop
			}
		}
	EOT
}

# write_rules bound|any: the loop of the ISP's script, in the words of nft
write_rules()
{
	local from='' to='' i j

	[ "$1" = any ] || from='iifname "extern" ' to='oifname "extern" '
	{
		for i in {0..31}; do
			j=$((i + 128))
			printf 'alias nat%s { number %s; address 198.51.100.%s; same-ports; }\n' \
				$j $j $j
		done
		printf '%s\n' 'table ip cgn' 'delete table ip cgn' 'table ip cgn {' \
			'	counter no_link { }' '	chain in {' \
			'		type filter hook prerouting priority raw;'
		for i in {0..31}; do
			j=$((i + 128))
			printf '\t\t%sip daddr 198.51.100.%s alias in nat%s\n' "$from" $j $j
		done
		printf '\t\t%sip daddr %s counter name no_link drop\n' "$from" $pool
		printf '%s\n' '	}' '	chain out {' \
			'		type filter hook postrouting priority srcnat;'
		for i in {0..31}; do
			printf '\t\t%sip saddr & 255.192.0.31 == 100.64.0.%s alias out nat%s\n' \
				"$to" "$i" $((i + 128))
		done
		printf '%s\n' '	}' '}'
	} > "$rules"
}

# The first of each kind of line speaks for the other 31.
show_rules()
{
	{
		grep -m 1 '^alias' "$rules"
		grep -m 1 'alias in' "$rules"
		grep -m 1 'no_link drop' "$rules"
		grep -m 1 'alias out' "$rules"
	} | sed 's/^\t*//' | quote
}

no_link_count()
{
	counter "$BNG" ip cgn no_link
}

ping_web()
{
	local ns

	for ns in "${customers[@]}"; do
		in_ns "$ns" ping -n -q -c 1 -W 20 203.0.113.2 || return
	done
}

# counted_three BEFORE AFTER
counted_three()
{
	[ $(($2 - $1)) = 3 ] || { echo "the counter went from $1 to $2"; return 1; }
}

traffic()
{
	local before verdict line

	try "each customer pings the web server" ping_web
	before=$(no_link_count)
	{
		WEB=$WEB GAME=$GAME python3 "$here/demo-traffic.py" "${customers[@]}" 2>&1 ||
			echo "bad the traffic ended early"
	} | while read -r verdict line; do
		case $verdict in
		good|bad) $verdict "$line" ;;
		*) quote <<< "$verdict $line" ;;
		esac
	done
	try "3 packets to ports without a link: dropped, counted by the next rule" \
		counted_three "$before" "$(no_link_count)"
	try "no inside address was seen outside" \
		value_is 0 counter "$ROUTER" ip watch leaked
}

# Under the blog's first rules a packet from customer to customer passed two
# instances on its way through the box, and that was when it crashed.
chapter()
{
	title "$2"
	write_rules "$1"
	show_rules
	try "nft-alias -f: 32 instances and 65 rules in one go" nft_alias -f "$rules"
	traffic
}

# In 80 columns; nft-alias list aliases says all of it.
instances_table()
{
	local rows=0

	printf '  %s%-7s %-15s %5s %4s %5s %5s %5s %8s %8s %6s%s\n' "$bold" \
		alias address rules subs tcp udp icmp 'out pkt' 'in pkt' refused "$plain"
	nft_alias -j list aliases | jq -r '.nftables[] | select(.alias) | .alias |
		[.name, (.address | join(",")), .rules, .subscribers, .links.tcp, .links.udp,
		 .links.icmp, .out.packets, .in.packets,
		 ([.out, .in] | map(del(.packets, .bytes) | add) | add)] | @tsv' |
		while IFS=$'\t' read -r name address n subs tcp udp icmp out in refused; do
			printf '  %-7s %-15s %5s %4s %5s %5s %5s %8s %8s %6s\n' \
				"$name" "$address" "$n" "$subs" "$tcp" "$udp" "$icmp" "$out" "$in" \
				"$refused"
			rows=$((rows + 1))
		done
	[ $rows = 32 ] || bad "$rows instances of 32"
}

links_table()
{
	local rows=0

	printf '  %s%-5s%-19s %-20s %-19s %s%s\n' "$bold" '' inside outside 'latest peer' state \
		"$plain"
	nft_alias -j list links 2> /dev/null | jq -r '.nftables[] | select(.link) | .link |
		def endpoint: .address + ":" + ((.port // .id // "") | tostring);
		[.protocol, (.inside | endpoint), (.outside | endpoint),
		 (.peer | endpoint | rtrimstr(":")), .state] | @tsv' |
		while IFS=$'\t' read -r protocol inside outside peer state; do
			printf '  %-5s%-19s %-20s %-19s %s\n' \
				"$protocol" "$inside" "$outside" "$peer" "$state"
			rows=$((rows + 1))
		done
	[ $rows -ge ${#subscribers[@]} ] || bad "$rows links of ${#subscribers[@]} customers"
}

# show COMMAND...: what it prints, which must be something
show()
{
	local output

	if ! output=$("$@" 2>&1) || [ -z "$output" ]; then
		bad "$*"
	fi
	quote <<< "$output"
}

# The first and the last of 32
two_rules()
{
	nft_alias list ruleset | grep 'alias out' | sed -n '1p;32p' | sed 's/^\t*//'
}

picture
title "A laboratory of 9 network namespaces on Linux $(uname -r)"
try "insmod nft_alias.ko" load_module "$NFT_ALIAS_KO"
[ $failed = 0 ] || exit 1
build_world || give_up "the laboratory could not be built"
good "5 customers, the BNG, a router, 2 servers"

chapter bound "The rules that are bound to the outside interface"
chapter any "The rules that match on any interface: these crashed the ISP's boxes"

title "The rules, the first and the last: nft-alias list ruleset"
show two_rules
title "The instances"
instances_table
title "The links"
links_table
title "One instance with its counters: nft-alias list alias nat129"
show nft_alias list alias nat129

echo
if [ $failed = 0 ]; then
	printf '%sAll of it worked.%s\n' "$green" "$plain"
else
	printf '%s%s of it did not work.%s\n' "$red" "$failed" "$plain"
fi
[ $failed = 0 ]
