# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How the box is set up: namespaces, addresses, rules. For guest.sh, which sets what
# is read here and reads what is set.
# shellcheck disable=SC2154,SC2034

declare -A tables=([plain]=0 [conntrack]=1 [flowtable]=2 [alias]=3 [rules]=4 [chains]=5 [one]=6)
mac=02:00:00:00:00:02

# Subscribers and addresses for $flows flows: sets layout, prefixes, addresses
lay_out()
{
	local per_prefix=4

	prefixes=0
	case $select in
	map) prefixes=$((instances > 1 ? instances : 1000)) ;;
	rules) prefixes=$instances ;;
	esac
	if [ "$prefixes" -gt 0 ]; then
		while [ $per_prefix -lt 32 ] && [ $((flows / (prefixes * per_prefix))) -ge 64 ]; do
			per_prefix=$((per_prefix * 2))
		done
		per_sub=$(((flows + prefixes * per_prefix - 1) / (prefixes * per_prefix)))
	else
		per_prefix=32 per_sub=64
	fi
	layout="per_sub=$per_sub per_prefix=$per_prefix"
	# At most half of the ports of an address, and one address for small ones.
	addresses=$instances
	if [ "$instances" = 1 ] && [ "$flows" -gt 16384 ]; then
		addresses=$(((flows + 32255) / 32256))
	fi
	ports=1024-65535
	[ "$what" = exhausted ] && ports=1024-2047 addresses=1
	[ -z "$spread" ] || addresses=$spread
	times="timeout udp 36000; timeout udp port 53 10;"
	[ "$what" != expire ] || times+=" timeout udp port 443 $EXPIRE_AFTER; timeout hold 0;"
}

# A program or a subshell takes long to start in the guest: these set variables.

address()	# N: sets address to the outside one
{
	printf -v address '198.18.%d.%d' $(($1 >> 8)) $(($1 & 255))
}

prefix()	# N: sets prefix to that of subscribers
{
	printf -v prefix '100.%d.%d.%d' $((64 + ($1 >> 11))) $(($1 >> 3 & 255)) $(($1 % 8 * 32))
}

pool()		# sets pool to all addresses
{
	local address last

	address $((addresses - 1))
	last=$address
	address 0
	pool=$address
	[ "$addresses" = 1 ] || pool+=-$last
}

in_net()	# VARIANT COMMAND...
{
	local variant=$1

	shift
	nsenter --net="/run/netns/$variant" "$@"
}

devices()
{
	local net=$1

	ip netns add "$net" || return
	in_net "$net" sh -c 'cd /proc/sys/net/ipv4
		echo 1 > ip_forward; echo 0 > conf/all/rp_filter; echo 0 > conf/default/rp_filter
		echo 1 > ../ipv6/conf/default/disable_ipv6; echo 1 > ../ipv6/conf/all/disable_ipv6' \
		2> /dev/null
	ip -n "$net" -b - <<-END
		link set lo up
		link add in type bench
		link add ex type bench
		addr add 10.0.0.1/24 dev in
		addr add 192.0.2.1/24 dev ex
		link set in up
		link set ex up
		neigh add 10.0.0.2 lladdr $mac dev in nud permanent
		neigh add 192.0.2.2 lladdr $mac dev ex nud permanent
		route add 100.64.0.0/10 via 10.0.0.2 dev in
		route add default via 192.0.2.2 dev ex
	END
}

# No flow shall end while it is measured.
conntrack_times()
{
	# shellcheck disable=SC2016 # sh expands it
	in_net "$1" sh -c 'cd /proc/sys/net/netfilter
		for name in nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream \
			nf_conntrack_tcp_timeout_* nf_flowtable_*_timeout; do
			echo 36000 > $name
		done'
}

# As many buckets as flows, which is the kernel's own ratio. Both namespaces that
# track connections share the table.
conntrack_size()
{
	local variant

	buckets=0
	for variant in $VARIANTS; do
		case $variant in
		conntrack|flowtable) buckets=$((buckets + flows)) ;;
		esac
	done
	if [ "$what" = memory ]; then
		buckets=$flows
	elif [ "$buckets" -lt 262144 ]; then
		buckets=262144
	fi
	echo "$((buckets * 2 + 65536))" > /proc/sys/net/netfilter/nf_conntrack_max
	echo "$buckets" > /proc/sys/net/netfilter/nf_conntrack_buckets
	buckets=$(< /proc/sys/net/netfilter/nf_conntrack_buckets)
}

snat_rules()
{
	local n address prefix

	case $select in
	map) echo "oifname ex snat to ip saddr & 255.255.255.224 map @address_of" ;;
	rules)
		for ((n = 0; n < prefixes; n++)); do
			prefix "$n"
			address "$n"
			echo "oifname ex ip saddr $prefix/27 snat to $address"
		done ;;
	*)
		if [ "$ports" = 1024-65535 ]; then
			echo "oifname ex ip saddr 100.64.0.0/10 snat to $pool"
		else
			echo "oifname ex meta l4proto { tcp, udp } snat to $pool:$ports"
		fi ;;
	esac
}

conntrack_rules()
{
	local n address prefix

	echo "table ip nat {"
	if [ "$select" = map ]; then
		echo "map address_of { type ipv4_addr : ipv4_addr; size 65536; elements = {"
		for ((n = 0; n < prefixes; n++)); do
			prefix "$n"
			address $((n % addresses))
			echo "$prefix : $address,"
		done
		echo "} }"
	fi
	echo "chain out { type nat hook postrouting priority srcnat;"
	snat_rules
	echo "}"
	echo "}"
}

flowtable_rules()
{
	cat <<-END
		table ip ft {
			flowtable f {
				hook ingress priority 0
				devices = { in, ex }
			}
			chain forward {
				type filter hook forward priority 0
				ct state established counter flow add @f
			}
		}
	END
}

errors="icmp type { destination-unreachable, time-exceeded, parameter-problem }"

one_instance()
{
	echo "alias p0 { number 1; address $pool; ports $ports; $same $times }"
}

inward_rules()
{
	cat <<-END
		iif ex ip daddr $pool alias in p0 accept
		iif ex ip daddr $pool counter drop
	END
}

outward_rules()	# MATCH: by which interface it leaves, or comes
{
	cat <<-END
		$1 ip saddr 100.64.0.0/10 alias out p0 accept
		$1 $errors @th,192,32 & 0xffc00000 == 0x64400000 alias out p0
		$1 ip saddr 100.64.0.0/10 counter drop
	END
}

# The first rules of README.md, for one instance that everybody has.
alias_rules_name()
{
	one_instance
	cat <<-END
		table ip cgn {
			chain in {
				type filter hook prerouting priority raw
				$(inward_rules)
			}
			chain out {
				type filter hook postrouting priority srcnat
				$(outward_rules "oif ex")
			}
		}
	END
}

# The same in one chain, before routing: whoever filters behind it sees outside addresses.
one_chain()
{
	one_instance
	cat <<-END
		table ip cgn {
			chain both {
				type filter hook prerouting priority raw
				$(inward_rules)
				$(outward_rules "iif in")
			}
		}
	END
}

declare_instances()
{
	local n address

	for ((n = 0; n < instances; n++)); do
		address "$n"
		echo "alias p$n { number $((n + 1)); address $address; $same $times }"
	done
}

alias_maps()
{
	local n address prefix

	echo "map pool_of { type ipv4_addr : mark; size 65536; elements = {"
	for ((n = 0; n < prefixes; n++)); do
		prefix "$n"
		echo "$prefix : $((n % instances + 1)),"
	done
	echo "} }"
	echo "map pool_of_quoted { typeof @th,192,32 : meta mark; size 65536; elements = {"
	for ((n = 0; n < prefixes; n++)); do
		printf '0x64%02x%02x%02x : %d,\n' $((64 + (n >> 11))) $((n >> 3 & 255)) \
			$((n % 8 * 32)) $((n % instances + 1))
	done
	echo "} }"
	echo "map pool_in { type ipv4_addr : mark; size 65536; elements = {"
	for ((n = 0; n < addresses; n++)); do
		address "$n"
		echo "$address : $((n % instances + 1)),"
	done
	echo "} }"
}

# Its second: a map of marks for each direction.
alias_rules_map()
{
	if [ "$instances" = 1 ]; then
		one_instance
	else
		declare_instances
	fi
	echo "table ip cgn {"
	alias_maps
	cat <<-END
		chain in {
			type filter hook prerouting priority raw
			iif ex alias in map ip daddr map @pool_in accept
			iif ex ip daddr 198.18.0.0/16 counter drop
		}
		chain out {
			type filter hook postrouting priority srcnat
			oif ex alias out map ip saddr & 255.255.255.224 map @pool_of accept
			oif ex $errors alias out map @th,192,32 & 0xffffffe0 map @pool_of_quoted
			oif ex ip saddr 100.64.0.0/10 counter drop
		}
		}
	END
}

# As the blog has them: two rules for each instance.
alias_rules_rules()
{
	local n address prefix

	declare_instances
	echo "table ip cgn { chain in { type filter hook prerouting priority raw"
	for ((n = 0; n < instances; n++)); do
		address "$n"
		echo "iifname ex ip daddr $address alias in p$n"
	done
	echo "iifname ex ip daddr 198.18.0.0/16 counter drop"
	echo "}"
	echo "chain out { type filter hook postrouting priority srcnat"
	for ((n = 0; n < instances; n++)); do
		prefix "$n"
		echo "oifname ex ip saddr $prefix/27 alias out p$n"
	done
	echo "}"
	echo "}"
}

# What the rules alone cost: the same with a statement that does nothing, or, where
# nothing gets through, that drops. Packets come with a TTL of 64 and leave with 63.
without_alias()
{
	local refused=

	[ "$what" != exhausted ] || refused='s/alias out p0 accept/drop/;'
	sed -E "/^alias p/d; $refused"' s/alias (in|out) map (.* map @[a-z_]+)/meta mark set \2/
		s/alias in p[0-9]+/ip ttl 64/; s/alias out p[0-9]+/ip ttl 63/'
}

# What no rule can be cheaper than: both chains, and a word in each.
bare_chains()
{
	cat <<-END
		table ip cgn {
			chain in {
				type filter hook prerouting priority raw
				accept
			}
			chain out {
				type filter hook postrouting priority srcnat
				accept
			}
		}
	END
}

# The devices of a variant are there.
configure()
{
	local variant=$1 rules=/run/rules-$1 pool

	pool
	case $variant in
	plain) return 0 ;;
	conntrack) conntrack_rules > "$rules" ;;
	flowtable) { conntrack_rules; flowtable_rules; } > "$rules" ;;
	alias) "alias_rules_$select" > "$rules" ;;
	rules) "alias_rules_$select" | without_alias > "$rules" ;;
	chains) bare_chains > "$rules" ;;
	one) one_chain > "$rules" ;;
	esac
	in_net "$variant" "$NFT_ALIAS" -f "$rules" || return
	case $variant in
	alias|rules|chains|one) return ;;
	esac
	conntrack_times "$variant"
	[ "$what" != expire ] ||
		in_net "$variant" sh -c "echo $EXPIRE_AFTER > /proc/sys/net/netfilter/nf_conntrack_udp_timeout"
}

flush()
{
	local n

	case $1 in
	conntrack|flowtable) in_net "$1" conntrack -F > /dev/null 2>&1 ;;
	alias|one)
		for ((n = 0; n < instances; n++)); do
			echo "flush alias p$n"
		done > /run/flush
		in_net "$1" "$NFT_ALIAS" -f /run/flush ;;
	esac
}

# A namespace ends behind the scenes, which would disturb the next case, and its
# connections stand in the table that all share: they go before.
teardown()
{
	flush "$1" 2> /dev/null
	ip netns del "$1"
}
