#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# emulated: 6.12 6.1
#
# What stock nft makes of our rules, pinned so that nobody is surprised: it
# lists a rule without its alias statement and says nothing; loading its list
# loses the translation. What our own tool lists loads again unchanged, as text
# and as JSON.
#
#   one namespace, no packets
set -u
. "${0%/*}/lib.sh"

setup_ns ns || exit
dir=$(workspace)
in_ns "$ns" "$NFT_ALIAS" -f - <<'EOT' || exit
alias one { number 1; address 198.51.100.1, 198.51.100.8/29; ports 2000-3000; same-ports; }
alias two { address 198.51.100.32-198.51.100.40; deny-in; }
table ip cgn {
	map pool_of { type ipv4_addr : mark; elements = { 100.64.0.0 : 1, 100.64.0.32 : 2 }; }
	chain in {
		type filter hook prerouting priority raw;
		iifname "extern" ip daddr 198.51.100.1 alias in one counter packets 0 bytes 0
		ip daddr 198.51.100.2 log prefix "alias:in:one" accept comment "alias in one"
		alias in map ip daddr map { 198.51.100.8 : 1 }
	}
	chain out {
		type filter hook postrouting priority srcnat;
		ip saddr & 255.192.0.31 == 100.64.0.7 alias out two
		alias out map ip saddr & 255.255.255.224 map @pool_of
	}
	chain more {
		ip saddr 100.64.0.99 jump { alias out one; counter packets 0 bytes 0; }
	}
}
EOT

ours()
{
	in_ns "$ns" "$NFT_ALIAS" "$@"
}

stock()
{
	in_ns "$ns" nft "$@"
}

rules_of()
{
	ours -j list alias "$1" | jq '.nftables[1].alias.rules'
}

# Our tool, text: there and back
ours -s list ruleset > "$dir/first.nft"
check_eq "the list says each alias statement" \
	"$(grep -Ec '^[^#]*alias (in|out) (one|two|map) ?' "$dir/first.nft")" 6
{ echo "flush ruleset"; cat "$dir/first.nft"; } > "$dir/reload.nft"
check "what nft-alias lists loads again" ours -f "$dir/reload.nft"
ours -s list ruleset > "$dir/second.nft"
check "and is listed alike" diff "$dir/first.nft" "$dir/second.nft"
for name in one two; do
	ours -j list alias $name > "$dir/$name.before"
done
ours flush ruleset
ours delete alias one
ours delete alias two
check "it loads where nothing is" ours -f "$dir/first.nft"
ours -s list ruleset > "$dir/second.nft"
check "and is listed alike there" diff "$dir/first.nft" "$dir/second.nft"
for name in one two; do
	ours -j list alias $name > "$dir/$name.after"
	check "alias $name is the same" diff "$dir/$name.before" "$dir/$name.after"
done

# Our tool, JSON: there and back. nft 1.0.6 has no JSON for an anonymous chain.
ours delete chain ip cgn more
ours -s list ruleset > "$dir/first.nft"
ours -j -s list ruleset > "$dir/first.json"
ours flush ruleset
ours delete alias one
ours delete alias two
check "what nft-alias -j lists loads again" ours -j -f "$dir/first.json"
ours -s list ruleset > "$dir/second.nft"
check "and is listed alike as text" diff "$dir/first.nft" "$dir/second.nft"

# Stock nft
check "stock nft lists the ruleset and exits 0" stock list ruleset
stock -s list ruleset > "$dir/stock.nft" 2> "$dir/stock.err"
check_eq "it says nothing about what it leaves out" "$(cat "$dir/stock.err")" ""
grep -v -e 'log prefix "alias:in:one"' "$dir/stock.nft" > "$dir/without-log"
check_fails "no alias statement is in its list" grep -E 'alias (in|out)' "$dir/without-log"
stock -j list ruleset > "$dir/stock.json"
check_eq "nor in its JSON" "$(jq '[.. | objects | select(has("alias"))] | length' "$dir/stock.json")" 0
check_eq "a rule names alias one, and one alias two" "$(rules_of one) $(rules_of two)" "1 1"
{ echo "flush ruleset"; cat "$dir/stock.nft"; } > "$dir/stock-reload.nft"
check "what it lists, it loads" stock -f "$dir/stock-reload.nft"
check_eq "and with that, no rule names an alias any more" "$(rules_of one) $(rules_of two)" "0 0"
check_fails "our tool lists no alias statement either then" \
	sh -c "ip netns exec $ns $NFT_ALIAS -s list ruleset | grep -v 'log prefix' | grep -E 'alias (in|out)'"
finish
