#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The whole tool against the host's nf_tables, with double.so in the place of
# the module: loading, lists that load again, JSON, roll-back, errors and their
# places. (The real module is tested in guests, by the selftests.)
set -u
tool=${NFT_ALIAS:?}
double=${DOUBLE:?}
# Who is not root is root in a user namespace of his own.
user=
unshare -n true 2> /dev/null || user=-r
# shellcheck disable=SC2086 # no word if it is empty
if ! unshare $user -n nft list ruleset > /dev/null 2>&1; then
	echo "KTAP version 1"
	echo "1..1"
	echo "ok 1 the tool against nf_tables # SKIP needs a network namespace and nf_tables"
	exit 0
fi
# Everything that follows runs in one namespace of its own.
# shellcheck disable=SC2086
[ "${1:-}" = inside ] || exec unshare $user -n sh "$0" inside

echo "KTAP version 1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
bad=0
cd "$work" || exit 1
export DOUBLE_STATE="$work/state"

t()
{
	LD_PRELOAD=$double "$tool" "$@"
}

result()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		echo "not ok $n $2"
		bad=1
	fi
}

# is NAME FILE: FILE is what stands on standard input
is()
{
	cat > wanted
	diff -u wanted "$2" | sed 's/^/# /' > difference
	cat difference
	[ ! -s difference ]
	result $? "$1"
}

# code NAME RC COMMAND…: its output is kept in out and err
code()
{
	name=$1
	wanted=$2
	shift 2
	"$@" > out 2> err
	rc=$?
	[ "$rc" -eq "$wanted" ] || sed 's/^/# /' err
	[ "$rc" -eq "$wanted" ]
	result $? "$name: exit code $wanted"
}

fresh()
{
	nft flush ruleset
	rm -f "$DOUBLE_STATE"
}

cat > cgn.nft <<'EOF'
define OUTSIDE = 198.51.100.1
flush ruleset
alias one {
	number 1
	address $OUTSIDE
	same-ports
}
table ip cgn {
	map pool_of { type ipv4_addr : mark; elements = { 100.64.0.0 : 1, 100.64.0.32 : 2 }
	}
	chain in {
		type filter hook prerouting priority raw; policy accept;
		iifname "x" log prefix "alias:in:one" alias in one comment "alias out two"
		alias in map ip daddr map { 198.51.100.1 : 1, 198.51.100.4 : 2 } accept
	}
	chain out {
		type filter hook postrouting priority srcnat; policy accept;
		oifname "x" alias out map ip saddr & 255.255.255.224 map @pool_of counter
		meta l4proto tcp alias out map tcp dport map { 80 : 1, 443 : 2 }
	}
}
alias two { number 2; address 198.51.100.4/30, 198.51.100.9 - 198.51.100.12; deny-in; refresh-in
	mapping udp edm; filter apdf; filter icmp eif
	timeout tcp-established 3h; timeout udp port 53 10; timeout hold 0
}
EOF
code "a file with blocks and rules" 0 t -f cgn.nft
t list ruleset > listed
is "list ruleset" listed <<'EOF'
alias one {
	number 1
	address 198.51.100.1
	ports 1024-65535
	same-ports
	mapping eim
	filter eif
}
alias two {
	number 2
	address 198.51.100.4/30, 198.51.100.9-198.51.100.12
	ports 1024-65535
	deny-in
	refresh-in
	mapping eim
	mapping udp edm
	filter apdf
	filter icmp eif
	timeout tcp-established 10800
	timeout hold 0
	timeout udp port 53 10
}
table ip cgn {
	map pool_of {
		type ipv4_addr : mark
		elements = { 100.64.0.0 : 0x00000001, 100.64.0.32 : 0x00000002 }
	}

	chain in {
		type filter hook prerouting priority raw; policy accept;
		iifname "x" log prefix "alias:in:one" alias in one comment "alias out two"
		alias in map ip daddr map { 198.51.100.1 : 0x00000001, 198.51.100.4 : 0x00000002 } accept
	}

	chain out {
		type filter hook postrouting priority srcnat; policy accept;
		oifname "x" alias out map ip saddr & 255.255.255.224 map @pool_of counter packets 0 bytes 0
		meta l4proto tcp alias out map tcp dport map { 80 : 0x00000001, 443 : 0x00000002 }
	}
}
EOF
fresh
code "what it prints loads again" 0 t -f listed
t list ruleset > again
is "and is the same then" again < listed
t -j list ruleset > listed.json
fresh
code "JSON loads again" 0 t -j -f listed.json
t list ruleset > again
is "and is the same then" again < listed
fresh
t -j -f - < listed.json
t list ruleset > again
is "JSON from standard input" again < listed
fresh
t -f - < listed
t list ruleset > again
is "text from standard input" again < listed

t -s list aliases > out
head -n 22 listed | is "list aliases without state" out
t list alias two > out
is "list alias with state" out <<'EOF'
alias two {
	number 2
	address 198.51.100.4/30, 198.51.100.9-198.51.100.12
	ports 1024-65535
	deny-in
	refresh-in
	mapping eim
	mapping udp edm
	filter apdf
	filter icmp eif
	timeout tcp-established 10800
	timeout hold 0
	timeout udp port 53 10
	# links: tcp 0 udp 0 icmp 0, subscribers 0, rules 0
	# out: packets 0 bytes 0
	# in: packets 0 bytes 0
}
EOF

# --- what goes wrong: nothing changes, and the place is said ---

code "a rule with an alias that is not there" 1 t add rule ip cgn in counter alias in nosuch accept
is "its place" err <<'EOF'
Error: no such alias nosuch
add rule ip cgn in counter alias in nosuch accept
                           ^^^^^^^^^^^^^^^
EOF
printf 'alias new { address 192.0.2.1; }\ntable ip cgn {\n\tchain in {\n\t\talias in new\n\t}\n}\nadd rule ip cgn gone alias in new accept\n' > batch.nft
code "a batch whose last rule fails" 1 t -f batch.nft
is "nft's error has the user's line and columns" err <<'EOF'
batch.nft:7:17-20: Error: No such file or directory; did you mean chain ‘in’ in table ip ‘cgn’?
add rule ip cgn gone alias in new accept
                ^^^^
EOF
code "the new alias is gone" 1 t list alias new
t list ruleset > again
is "nothing has changed" again < listed

printf 'add rule ip cgn in alias in one foo\n' > columns.nft
code "a syntax error behind a statement" 1 t -f columns.nft
is "its columns" err <<'EOF'
columns.nft:1:36-36: Error: syntax error, unexpected newline
add rule ip cgn in alias in one foo
                                   ^
EOF
printf 'alias three {\n\taddress 1.2.3\n}\nadd rule ip cgn in accept\n' > block.nft
code "a syntax error in a block" 1 t -f block.nft
is "its place" err <<'EOF'
block.nft:2:10-14: Error: not an IPv4 address
	address 1.2.3
	        ^^^^^
EOF
t list ruleset > again
is "the rule of that file is not there" again < listed
printf 'alias three { address 192.0.2.3; }\nalias refused {\n\taddress 192.0.2.1\n}\n' > kernel.nft
printf 'alias three { address 192.0.2.3; }\nalias refused {\n\taddress 192.0.2.16,\n\t\t192.0.2.0/29\n}\n' > taken.nft
code "a block that the kernel refuses" 1 t -f kernel.nft
is "its place and the kernel's sentence" err <<'EOF'
kernel.nft:2:7-13: Error: double: the address belongs to another
alias refused {
      ^^^^^^^
EOF
code "the block before it is taken back" 1 t list alias three
code "an address of another block" 1 t -f taken.nft
is "its own place, and the other's name" err <<'EOF'
taken.nft:4:3-14: Error: an address belongs to another alias: three
		192.0.2.0/29
		^^^^^^^^^^^^
EOF
code "create of what exists" 1 t 'create alias one { address 192.0.2.7; }'
is "its place" err <<'EOF'
Error: the alias one exists already
create alias one { address 192.0.2.7; }
             ^^^
EOF

# at POINT LINE CARETS: the kernel points at an attribute of the block in places.nft
cat > places.nft <<'EOF'
alias places {
	address 192.0.2.1; refresh-in; mapping edm
	filter udp apdf; mapping tcp eim
	timeout udp 6m; timeout udp port 53 10
}
EOF
at()
{
	DOUBLE_POINT=$1 code "attribute $1 is refused" 1 t -f places.nft
	printf 'places.nft:%s: Error: double: not so\n%s\n%s\n' "$2" "$(sed -n "${2%%:*}p" places.nft)" \
		"$3" > place
	is "its place" err < place
}
export DOUBLE_POINT
at 6 2:21-30 '	                   ^^^^^^^^^^'
at 7 2:41-43 '	                                       ^^^'
at 9 3:31-33 '	                             ^^^'
at 9.2 3:31-33 '	                             ^^^'
at 10 4:14-15 '	            ^^'
at 10.4 4:14-15 '	            ^^'
at 11 4:35-36 '	                                 ^^'
at 11.2 4:38-39 '	                                    ^^'
at 8 1:7-12 '      ^^^^^^'
unset DOUBLE_POINT
sed -i 's/; mapping tcp eim//' places.nft
at 9.3 3:13-16 '	           ^^^^'
unset DOUBLE_POINT
t list ruleset > again
is "nothing of it is there" again < listed
# What all of a file leads to is refused before any of it is done, and -c says the same.
# together NAME < SENTENCE: of together.nft
together()
{
	what=$1
	cat > sentence
	for option in -n -c; do
		code "$what, with $option" 1 t "$option" -f together.nft
		is "its place and sentence" err < sentence
		t list ruleset > again
		is "nothing has changed" again < listed
	done
}
cat > together.nft <<'EOF'
table ip new { }
alias one { number 1; address 198.51.100.1, 192.0.2.9; }
alias two { number 2; address 198.51.100.4/30, 192.0.2.0/28; }
EOF
together "two old aliases get the same address" <<'EOF'
together.nft:3:48-59: Error: an address belongs to another alias: one
alias two { number 2; address 198.51.100.4/30, 192.0.2.0/28; }
                                               ^^^^^^^^^^^^
EOF
cat > together.nft <<'EOF'
table ip new { }
alias six { address 192.0.2.66; }
delete alias six
alias six {
	number 2; address 192.0.2.66
}
EOF
together "an alias made again gets the number of another" <<'EOF'
together.nft:5:9-9: Error: another alias has this number: two
	number 2; address 192.0.2.66
	       ^
EOF
cat > together.nft <<'EOF'
alias two {
	number 2; address 198.51.100.4/30, 192.0.2.9
}
alias new { address 192.0.2.9; }
table ip new {
	chain c { alias in new; }
}
EOF
together "a new alias gets the address that an old one gets" <<'EOF'
together.nft:4:21-29: Error: an address belongs to another alias: two
alias new { address 192.0.2.9; }
                    ^^^^^^^^^
EOF
cat > together.nft <<'EOF'
alias new { number 7; address 192.0.2.8; }
alias newer { number 7; address 192.0.2.9; }
EOF
together "two new aliases with one number" <<'EOF'
together.nft:2:22-22: Error: another alias has this number: new
alias newer { number 7; address 192.0.2.9; }
                     ^
EOF
cat > together.nft <<'EOF'
alias new { address 192.0.2.8; }
alias new { number 7; address 192.0.2.8; }
EOF
together "a new alias defined again with a number" <<'EOF'
together.nft:2:20-20: Error: the number of an alias cannot change
alias new { number 7; address 192.0.2.8; }
                   ^
EOF
cat > together.nft <<'EOF'
alias two { number 2; address 192.0.2.9; }
alias new { address 198.51.100.4; }
EOF
together "an address that comes free only after its new owner is made" <<'EOF'
together.nft:2:21-32: Error: an address belongs to another alias: two
alias new { address 198.51.100.4; }
                    ^^^^^^^^^^^^
EOF

# --- what fails although it was checked is undone ---

cat > undo.nft <<'EOF'
alias one { number 1; address 198.51.100.1, 192.0.2.1; }
alias new { number 8; address 192.0.2.8; }
alias new { number 8; address 192.0.2.8, 192.0.2.9; }
alias one { number 1; address 192.0.2.1; deny-in; }
alias two { number 2; address 192.0.2.2; }
EOF
export DOUBLE_FAIL=two
code "a change that fails" 1 t -f undo.nft
is "its place" err <<'EOF'
undo.nft:5:7-9: Error: Cannot allocate memory
alias two { number 2; address 192.0.2.2; }
      ^^^
EOF
t list ruleset > again
is "those before it are taken back" again < listed
t 'alias three { address 192.0.2.33; }'
t list aliases | sort > before
cat > undo.nft <<'EOF'
flush alias one
delete alias three
alias three { address 192.0.2.44; }
alias new { address 192.0.2.8; }
delete alias two
table ip new { }
EOF
code "a deletion that fails after the rules" 1 t -f undo.nft
is "what cannot be undone is said" err <<'EOF'
undo.nft:5:14-16: Error: Cannot allocate memory
delete alias two
             ^^^
undo.nft:2:14-18: Error: the links of the alias three have ended already
delete alias three
             ^^^^^
undo.nft:1:13-15: Error: the links of the alias one have ended already
flush alias one
            ^^^
Error: the rules were committed before that and stay
EOF
t list aliases | sort > again
is "the aliases are what they were" again < before
unset DOUBLE_FAIL
fresh
t -f listed

# --- a list that is not whole is an error ---

# cannot_list ERROR SENTENCE
cannot_list()
{
	DOUBLE_DUMP=$1
	echo "Error: the aliases cannot be listed: $2" > sentence
	for option in -n -j; do
		code "list ruleset $option, error $1" 1 t "$option" list ruleset
		is "its sentence" err < sentence
	done
}
export DOUBLE_DUMP
cannot_list 4 "the aliases change all the time, try again"
cannot_list 1 "Operation not permitted (you must be root)"
cannot_list 105 "No buffer space available"
code "list aliases then" 1 t list aliases
nft flush ruleset
code "list ruleset without rules then" 1 t list ruleset
DOUBLE_DUMP=2
code "the family is not there" 0 t list ruleset
unset DOUBLE_DUMP
fresh
t -f listed

refused()
{
	DOUBLE_REFUSE=$1 code "$2" 1 t add rule ip cgn in counter alias in one accept
	is "its sentence and place" err
}
export DOUBLE_REFUSE DOUBLE_NO_OFFSET
DOUBLE_REFUSE=95
DOUBLE_NO_OFFSET=1
refused 95 "a wrong hook" <<'EOF'
Error: alias in works in the hooks prerouting and input, alias out in prerouting, forward and postrouting, in chains of type filter; alias in also in hook output, in chains of type route
add rule ip cgn in counter alias in one accept
                           ^^^^^^^^^^^^
EOF
unset DOUBLE_NO_OFFSET
refused 97 "a wrong family" <<'EOF'
Error: alias works in tables of the families ip and inet
add rule ip cgn in counter alias in one accept
                           ^^^^^^^^^^^^
EOF
refused 2 "an alias that is deleted at this moment" <<'EOF'
Error: no such alias one
add rule ip cgn in counter alias in one accept
                           ^^^^^^^^^^^^
EOF
refused 24 "too many rules" <<'EOF'
Error: too many rules name the alias one
add rule ip cgn in counter alias in one accept
                           ^^^^^^^^^^^^
EOF
unset DOUBLE_REFUSE

# --- check, changes, deletions ---

printf 'alias four { address 192.0.2.4; }\ntable ip cgn {\n\tchain in {\n\t\talias in four\n\t}\n}\n' > check.nft
code "check of a file that is good" 0 t -c -f check.nft
t list ruleset > again
is "leaves nothing" again < listed
code "add, flush and delete in one command line" 0 \
	t 'add alias five { address 192.0.2.5; }; flush alias five; delete alias five'
t list ruleset > again
is "leaves nothing" again < listed
code "delete and make again" 0 t 'delete alias two; alias two { number 2; address 192.0.2.22; }'
t -s list alias two | grep address > out
printf '\taddress 192.0.2.22\n' | is "the new one is there" out
code "echo" 0 t -e add rule ip cgn in alias in two
grep -v generation out > echoed
echo 'add rule ip cgn in alias in two' | is "shows the statement" echoed
code "deletion of what is not there" 1 t delete alias nosuch

# --- included files, variables, options ---

mkdir -p d
echo 'chain c { include "./d/rules.nft"' > d/chains.inc
echo '}' >> d/chains.inc
# shellcheck disable=SC2016 # the variable is nft's
printf 'alias in $POOL\nip daddr 1.2.3.4 alias out one\n' > d/rules.nft
printf 'define POOL = two\ntable ip inc {\ninclude "./d/chains.inc"\n}\n' > top.nft
code "files included in a table and in a chain, a variable as name" 0 t -f top.nft
t list table ip inc > out
is "their statements" out <<'EOF'
table ip inc {
	chain c {
		alias in two
		ip daddr 1.2.3.4 alias out one
	}
}
EOF
printf 'define POOL = nosuch\ntable ip inc {\ninclude "./d/chains.inc"\n}\n' > top.nft
code "a variable with a name that is not there" 1 t -f top.nft
is "is reported where it stands" err <<'EOF'
./d/rules.nft:1:1-14: Error: no such alias nosuch
alias in $POOL
^^^^^^^^^^^^^^
EOF
code "optimise" 0 t -o -f cgn.nft
cat > merge.nft <<'EOF'
table ip merge {
	chain c {
		ip saddr 1.1.1.1 alias in one accept
		ip saddr 1.1.1.2 alias in one accept
	}
}
EOF
code "optimise rules with equal statements" 0 t -o -f merge.nft
is "their places" err <<'EOF'
Merging:
merge.nft:3:3-38: 		ip saddr 1.1.1.1 alias in one accept
merge.nft:4:3-38: 		ip saddr 1.1.1.2 alias in one accept
into:
	
EOF
t list table ip merge | sed -n 3p > out
printf '\t\tip saddr { 1.1.1.1, 1.1.1.2 } alias in one accept\n' | is "one rule of two" out
timeout 3 env LD_PRELOAD="$double" "$tool" monitor > monitored &
sleep 1
t add rule ip cgn out alias out map 5
wait
grep 'add rule' monitored > out
echo 'add rule ip cgn out alias out map 0x00000005' | is "monitor shows the statement" out
timeout 3 env LD_PRELOAD="$double" "$tool" -j monitor > monitored &
sleep 1
t add rule ip cgn out alias out two
wait
grep -c '"expr": \[{"alias": {"dir": "out", "name": "two"}}\]' monitored > out
echo 1 | is "and in JSON" out
{
	echo 'table ip big {'
	echo '	chain c {'
	i=0
	while [ $i -lt 4000 ]; do
		echo "		ip saddr 10.1.$((i / 250)).$((i % 250)) alias out one"
		echo "		ip daddr 10.1.$((i / 250)).$((i % 250)) alias in map 0x00000001"
		i=$((i + 1))
	done
	echo '	}'
	echo '}'
} > big.nft
code "eight thousand rules" 0 t -f big.nft
t list table ip big > out
is "all come back" out < big.nft

echo "1..$n"
exit $bad
