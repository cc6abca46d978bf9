#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Ordinary rulesets and commands must go through untouched: standard output,
# standard error and exit code of nft and nft-alias are compared byte for byte,
# each in a network namespace of its own. (Output of --debug is sorted: the kernel
# shows the elements of a set in an order that is never the same.)
set -u
tool=${NFT_ALIAS:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

echo "KTAP version 1"
# Who is not root is root in a user namespace of his own.
user=
unshare -n true 2> /dev/null || user=-r
# shellcheck disable=SC2086 # no word if it is empty
if ! unshare $user -n nft list ruleset > /dev/null 2>&1; then
	echo "1..1"
	echo "ok 1 nft compared with nft-alias # SKIP needs a network namespace and nf_tables"
	exit 0
fi
cd "$work" || exit 1

cat > base.nft <<'EOF'
#!/usr/sbin/nft -f
define wan = "eth0"
table inet alias {
	comment "a table called alias"
	set alias { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1-192.168.0.9 } }
	map pool_of { type ipv4_addr : mark; elements = { 100.64.0.0 : 1, 100.64.0.32 : 2 }
	}
	counter in { packets 5 bytes 500
	}
	chain in {
		type filter hook prerouting priority raw; policy accept;
		ip saddr @alias log prefix "alias in pool7 " counter name in # alias in x
		iifname $wan tcp dport { 22, 80-90 } jump alias
		meta mark set ip saddr & 255.255.255.224 map @pool_of
		log prefix "alias:in:x" meta mark set 5
	}
	chain out {
		type filter hook postrouting priority srcnat
		tcp dport vmap { 1 : goto alias, 2 : drop } comment "alias out map 5"
	}
	chain alias {
		return
	}
}
add rule inet alias in ip daddr 1.2.3.4 \
	drop
EOF
cat > wrong.nft <<'EOF'
table ip t {
	chain c {
		ip saddr 1.2.3.4 foo bar
		tcp dport	80	flags
	}
}
add rule ip nosuch c accept
EOF
echo 'include "part.nft"' > includes.nft
echo 'add table ip from_part' > part.nft
{
	echo 'table ip big {'
	echo ' chain c {'
	i=0
	while [ $i -lt 1500 ]; do
		echo "  ip saddr 10.1.$((i / 250)).$((i % 250)) tcp dport $((i + 1)) counter log prefix \"n$i\""
		i=$((i + 1))
	done
	echo ' }'
	echo '}'
} > big.nft
cat > in.json <<'EOF'
{"nftables": [{"add": {"table": {"family": "ip", "name": "alias"}}},
 {"add": {"chain": {"family": "ip", "table": "alias", "name": "in"}}},
 {"add": {"rule": {"family": "ip", "table": "alias", "chain": "in", "expr": [{"log": {"prefix": "x"}}]}}}]}
EOF
printf 'add table ip one\nlist tables\nbogus\n' > interactive

# one PROGRAM NAME COMMAND: leaves NAME.out, NAME.err, NAME.rc
one()
{
	cp "$work/base.nft" "$work/now.nft"
	# shellcheck disable=SC2086
	PROGRAM=$1 unshare $user -n sh -c "nft -f base.nft; $3" > "$work/$2.out" 2> "$work/$2.err" < /dev/null
	echo $? > "$work/$2.rc"
	# The programs' own names may differ: in usage lines and in generation lines.
	sed -i "s,^$1:,NAME:,; s,^$1 ,NAME ,; s,by process [0-9]* (nft[a-z-]*),by process N," \
		"$work/$2.out" "$work/$2.err"
}

same()
{
	n=$((n + 1))
	one nft stock "$1"
	one "$tool" ours "$1"
	if cmp -s stock.out ours.out && cmp -s stock.err ours.err && cmp -s stock.rc ours.rc; then
		echo "ok $n $1"
	else
		diff stock.out ours.out | head -n 20 | sed 's/^/# out: /'
		diff stock.err ours.err | head -n 20 | sed 's/^/# err: /'
		diff stock.rc ours.rc | sed 's/^/# rc: /'
		echo "not ok $n $1"
		bad=1
	fi
}
bad=0

# shellcheck disable=SC2016 # PROGRAM is for the inner shell
while IFS= read -r command; do
	[ -n "$command" ] && same "$command"
done <<'EOF'
$PROGRAM list ruleset
$PROGRAM -a list ruleset
$PROGRAM -n -n list ruleset
$PROGRAM -s list ruleset
$PROGRAM -t list ruleset
$PROGRAM -y -p -T -S -u list ruleset
$PROGRAM -j list ruleset
$PROGRAM -j -a list ruleset
$PROGRAM --json list tables
$PROGRAM list ruleset ip6
$PROGRAM list table inet alias
$PROGRAM list chain inet alias in
$PROGRAM list chains
$PROGRAM list set inet alias alias
$PROGRAM list map inet alias pool_of
$PROGRAM list counters
$PROGRAM reset counters
$PROGRAM get element inet alias alias { 10.1.2.3 }
$PROGRAM describe tcp dport
$PROGRAM --debug=netlink list ruleset | sort
$PROGRAM --debug=netlink add rule inet alias in counter | sort
$PROGRAM -d mnl add table ip y
$PROGRAM -e add rule inet alias in index 0 counter accept
$PROGRAM -e -a -j insert rule inet alias in counter accept
$PROGRAM -c add rule inet alias in counter; nft list ruleset
$PROGRAM -c add rule inet alias nosuch counter
$PROGRAM add rule inet alias in ip saddr 1.2.3.4 drop; nft list ruleset
$PROGRAM add rule inet alias out accept; nft list ruleset
$PROGRAM delete chain inet alias alias
$PROGRAM delete table ip nosuch
$PROGRAM flush ruleset; nft list ruleset
$PROGRAM rename chain inet alias in newname; nft list ruleset
$PROGRAM foo
$PROGRAM add rule inet alias in tcp dport
$PROGRAM "list tables; list chains; add table"
$PROGRAM "add table ip a; add chain ip a alias; add rule ip a alias counter"; nft list ruleset
$PROGRAM
$PROGRAM -f nosuch.nft
$PROGRAM -f wrong.nft
$PROGRAM -f - < wrong.nft
$PROGRAM -f /dev/stdin < wrong.nft
$PROGRAM -c -f base.nft
$PROGRAM -f base.nft; nft list ruleset
$PROGRAM -f - < base.nft; nft list ruleset
cat base.nft | $PROGRAM -f -; nft list ruleset
$PROGRAM -o -f base.nft
$PROGRAM -o -c -f big.nft
$PROGRAM -I . -f includes.nft; nft list ruleset
$PROGRAM -D wan=lo -f base.nft
$PROGRAM -D wan=lo list ruleset
$PROGRAM -f big.nft; nft list ruleset
nft -f big.nft; $PROGRAM list ruleset
nft -f big.nft; $PROGRAM -j list ruleset
$PROGRAM -j -f in.json; nft list ruleset
$PROGRAM -j -f - < in.json; nft list ruleset
$PROGRAM -j -e -f in.json
$PROGRAM -j -f base.nft; nft list ruleset
$PROGRAM -j '{"nftables": [{"list": {"tables": null}}]}'
$PROGRAM -d nonsense list tables
$PROGRAM -q list tables
$PROGRAM -i < interactive; nft list tables
$PROGRAM -N list ruleset
$PROGRAM --file base.nft --check
$PROGRAM --handle --numeric --stateless --terse list ruleset
$PROGRAM --numeric-priority --numeric-protocol --numeric-time --service --guid list ruleset
$PROGRAM --echo --includepath . --file includes.nft; nft list ruleset
$PROGRAM --define wan=lo --optimize --file base.nft; nft list ruleset
$PROGRAM --nosuch
timeout 3 $PROGRAM monitor & sleep 1; nft add rule inet alias in counter; nft add table ip q; nft delete table ip q; wait
timeout 3 $PROGRAM -j monitor & sleep 1; nft add rule inet alias in counter; nft delete table inet alias; wait
EOF

echo "1..$n"
exit $bad
