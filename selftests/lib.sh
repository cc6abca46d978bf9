# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by every selftest. A test script
#  - says in its header what it claims, and draws its topology,
#  - calls setup_ns for its namespaces (they are removed when it ends),
#  - makes its claims with check, check_eq, ok and not_ok, waits with busywait,
#  - and ends with finish.
# Exit code: 0, 1, or 4 for a skip (skip_all), which is allowed only if the
# environment lacks something.

# shellcheck disable=SC2034 # for the tests
ksft_skip=4

lib_dir=${BASH_SOURCE[0]%/*}
[[ $lib_dir = /* ]] || lib_dir=$PWD/$lib_dir
rig_dir=${lib_dir%/*}/rig
NFT_ALIAS=${NFT_ALIAS:-nft-alias}
# Emulated, and with the sanitizers, everything takes longer.
wait_factor=1
[ "${KSFT_MACHINE_SLOW-}" != yes ] || wait_factor=5

checks=0
failures=0
ns_list=()
work_dir=

# --- results -----------------------------------------------------------------

ok()
{
	checks=$((checks + 1))
	echo "ok $checks $*"
}

not_ok()
{
	checks=$((checks + 1))
	failures=$((failures + 1))
	echo "not ok $checks $*"
}

diag()
{
	local IFS=' '

	# shellcheck disable=SC2001 # every line, not the first
	sed 's/^/# /' <<< "$*"
}

# check NAME COMMAND...: passes if COMMAND succeeds; its output is shown if not
check()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		ok "$name"
		return 0
	fi
	not_ok "$name"
	diag "command: $*"
	[ -z "$output" ] || diag "$output"
	return 1
}

# check_fails NAME COMMAND...: passes if COMMAND fails
check_fails()
{
	local name=$1 output

	shift
	if ! output=$("$@" 2>&1); then
		ok "$name"
		return 0
	fi
	not_ok "$name"
	diag "succeeded, and should not: $*"
	[ -z "$output" ] || diag "$output"
	return 1
}

# check_eq NAME GOT WANTED
check_eq()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
		return 0
	fi
	not_ok "$1"
	diag "got:    $2"
	diag "wanted: $3"
	return 1
}

skip_all()
{
	echo "ok 1 # SKIP $*"
	exit $ksft_skip
}

# The last line of a test
finish()
{
	echo "1..$checks"
	[ $checks -gt 0 ] && [ $failures -eq 0 ]
	exit
}

# --- waiting -----------------------------------------------------------------

# busywait SECONDS COMMAND...: until COMMAND succeeds; fails when time is up.
# SECONDS are those of a fast machine.
busywait()
{
	local deadline=$((SECONDS + $1 * wait_factor))

	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		# What is waited for needs the processor, too.
		sleep 0.2
	done
}

# value_is WANTED COMMAND...: for busywait and check
value_is()
{
	local wanted=$1 got

	shift
	got=$("$@")
	[ "$got" = "$wanted" ] && return 0
	echo "got $got, wanted $wanted"
	return 1
}

# --- namespaces --------------------------------------------------------------

# new_ns VARIABLE...: makes a namespace for each, with a name of its own in it. One
# start of ip for all: in a guest with sanitizers it is starts that take the time.
new_ns()
{
	local variable name commands=

	for variable in "$@"; do
		name=$variable-$RANDOM$RANDOM
		commands+="netns add $name"$'\n'
		ns_list+=("$name")
		printf -v "$variable" %s "$name"
	done
	ip -batch - <<< "$commands"
}

# setup_ns VARIABLE...: the same, and each can talk to itself
setup_ns()
{
	local variable

	new_ns "$@" || return
	for variable in "$@"; do
		ip -n "${!variable}" link set lo up || return
	done
}

# in_ns NAMESPACE COMMAND...
in_ns()
{
	local ns=$1

	shift
	ip netns exec "$ns" "$@"
}

# link_ns NS1 DEVICE1 ADDRESS1 NS2 DEVICE2 ADDRESS2: a veth pair; - for no address
link_ns()
{
	ip -n "$1" -batch - <<-EOT || return
		link add $2 type veth peer name $5 netns $4
		$([ "$3" = - ] || echo "address add $3 dev $2")
		link set $2 up
	EOT
	ip -n "$4" -batch - <<-EOT
		$([ "$6" = - ] || echo "address add $6 dev $5")
		link set $5 up
	EOT
}

cleanup_ns()
{
	local pids

	[ ${#ns_list[@]} -gt 0 ] || return
	pids=$(printf 'netns pids %s\n' "${ns_list[@]}" | ip -force -batch - 2> /dev/null)
	# shellcheck disable=SC2086 # one argument each
	[ -z "$pids" ] || kill -KILL $pids 2> /dev/null
	printf 'netns delete %s\n' "${ns_list[@]}" | ip -force -batch - 2> /dev/null
	ns_list=()
}

# Prints a directory that goes away with the test.
workspace()
{
	[ -n "$work_dir" ] || work_dir=$(mktemp -d)
	echo "$work_dir"
}

cleanup()
{
	cleanup_ns
	[ -z "$work_dir" ] || rm -rf "$work_dir"
}
trap cleanup EXIT

# --- reading the product -----------------------------------------------------

# alias_value NAMESPACE INSTANCE JQ-PATH: a value of an instance, as
# .links.tcp, .subscribers, .rules, .out.packets
alias_value()
{
	in_ns "$1" "$NFT_ALIAS" -j list alias "$2" |
		jq -r "[.nftables[] | select(.alias) | .alias | $3][0]"
}

# alias_counter NAMESPACE INSTANCE out|in COUNTER
alias_counter()
{
	alias_value "$1" "$2" ".$3.$4"
}

# counter NAMESPACE FAMILY TABLE NAME: packets of a named nft counter
counter()
{
	in_ns "$1" nft -j list counter "$2" "$3" "$4" |
		jq -r '[.nftables[] | select(.counter) | .counter.packets][0]'
}

# --- the module --------------------------------------------------------------

module_loaded()
{
	[ -d "/sys/module/$1" ]
}

# load_module FILE: what it depends on first, where that is not built in
load_module()
{
	local needed

	for needed in nf_tables $(modinfo -F depends "$1" | tr , ' '); do
		modprobe -q "$needed"
	done
	insmod "$1"
}

# --- the kernel log ----------------------------------------------------------

# log_mark ID / log_since ID: the part of the kernel log that a test wrote. A
# mark that has left the ring buffer is an error: something may have left with it.
log_mark()
{
	echo "rig: mark $1" > /dev/kmsg
}

log_since()
{
	# From the last mark of this name on: a test may have run before.
	dmesg | awk -v mark="rig: mark $1\$" '
		$0 ~ mark { found = 1; lines = 0; next }
		found { line[++lines] = $0 }
		END {
			for (n = 1; n <= lines; n++)
				print line[n]
			exit !found
		}'
}

# splats_since ID: prints reports, exit 1 if there are any
splats_since()
{
	local window

	window=$(log_since "$1") || {
		echo "the kernel log has been overwritten since mark $1"
		return 1
	}
	"$rig_dir/splats.sh" <<< "$window"
}

# Around code that provokes a report on purpose: REGEX must come.
splat_expected()
{
	echo "rig: splat expected: $1" > /dev/kmsg
}

splat_over()
{
	echo "rig: splat over" > /dev/kmsg
}

# provoke CONTROL REGEX: loads a module that reports on purpose, and ends with EAGAIN when
# all of it was done. Sets output, of insmod, and window, of the kernel log.
provoke()
{
	log_mark "$1"
	splat_expected "$2"
	output=$(load_module "${NFT_ALIAS_KO%/*}/$1.ko" 2>&1)
	splat_over
	# shellcheck disable=SC2034 # for the caller
	window=$(log_since "$1")
}

# provoked NAME: whether the control came to its end
provoked()
{
	check "$1" grep -q 'Resource temporarily unavailable' <<< "$output" || diag "$output"
}

# --- leaks -------------------------------------------------------------------

kmemleak=/sys/kernel/debug/kmemleak

leaks_known()
{
	[ -w $kmemleak ]
}

# What was reported so far is not of this run. (No scan here: one takes many
# seconds under emulation, and the boot itself leaves nothing behind.)
leaks_forget()
{
	echo clear > $kmemleak
}

# kmemleak reports what was orphaned for 5 s at two scans in a row.
leaks_found()
{
	sleep 6
	echo scan > $kmemleak
	echo scan > $kmemleak
	cat $kmemleak
	[ -n "$(cat $kmemleak)" ]
}

# --- the laboratory ----------------------------------------------------------

# setup_lab: one customer side, the BNG, and the world. lab.py knows the names
# and addresses; neighbours are permanent, so that nothing but the tests' own
# packets is on the wire.
#
#   $INSIDE                      $BNG                        $OUTSIDE
#   eth0 10.10.0.2 ----- intern 10.10.0.1
#   100.64.0.1, .2               extern 203.0.113.254 ----- eth0 203.0.113.1, .2
#
# The BNG sends 100.64.0.0/10 inside and everything else outside; the outside
# sends 198.51.100.0/24 to the BNG, and has no route inside.
setup_lab()
{
	new_ns INSIDE BNG OUTSIDE || return
	export INSIDE BNG OUTSIDE
	ip -n "$BNG" -batch - <<-EOT || return
		link set lo up
		link add intern address 02:00:00:00:01:01 type veth \
			peer name eth0 address 02:00:00:00:01:02 netns $INSIDE
		link add extern address 02:00:00:00:02:01 type veth \
			peer name eth0 address 02:00:00:00:02:02 netns $OUTSIDE
		link set intern up
		link set extern up
		address add 10.10.0.1/30 dev intern
		address add 203.0.113.254/24 dev extern
		neighbour replace 10.10.0.2 lladdr 02:00:00:00:01:02 dev intern
		neighbour replace 203.0.113.1 lladdr 02:00:00:00:02:02 dev extern
		neighbour replace 203.0.113.2 lladdr 02:00:00:00:02:02 dev extern
		route add 100.64.0.0/10 via 10.10.0.2
		route add default via 203.0.113.1
		route add blackhole 198.51.100.0/24
	EOT
	ip -n "$INSIDE" -batch - <<-EOT || return
		link set lo up
		link set eth0 up
		address add 10.10.0.2/30 dev eth0
		address add 100.64.0.1/32 dev eth0
		address add 100.64.0.2/32 dev eth0
		neighbour replace 10.10.0.1 lladdr 02:00:00:00:01:01 dev eth0
		route add default via 10.10.0.1
		route add blackhole 192.0.2.255
	EOT
	ip -n "$OUTSIDE" -batch - <<-EOT || return
		link set lo up
		link set eth0 up
		address add 203.0.113.1/24 dev eth0
		address add 203.0.113.2/24 dev eth0
		neighbour replace 203.0.113.254 lladdr 02:00:00:00:02:01 dev eth0
		route add 198.51.100.0/24 via 203.0.113.254
	EOT
	forwarding "$BNG"
}

# setup_turn: the same, but what the BNG sends to 198.51.100.0/24 is turned round by a
# router outside. Markers go the long way, too: 10.99.0.0/16 is outside for who comes
# from inside, and inside for who comes from outside.
setup_turn()
{
	setup_lab && forwarding "$OUTSIDE" || return
	ip -n "$BNG" -batch - <<-EOT || return
		route delete blackhole 198.51.100.0/24
		rule add iif extern lookup 100
		route add 10.99.0.0/16 via 10.10.0.2 table 100
	EOT
	ip -n "$OUTSIDE" -batch - <<-EOT
		route add 10.99.0.0/16 via 203.0.113.254
		route add blackhole 192.0.2.0/24
	EOT
}

# forwarding NAMESPACE...: makes routers of them, which tell nobody a better way
forwarding()
{
	local ns

	for ns in "$@"; do
		# shellcheck disable=SC2016 # the inner shell expands it
		in_ns "$ns" sh -c 'cd /proc/sys/net/ipv4 && echo 1 > ip_forward &&
			for f in conf/*/send_redirects conf/*/rp_filter; do echo 0 > $f; done' ||
			return
	done
}

# run_cases FILE: the cases of a Python file beside this one are the test
run_cases()
{
	python3 "$lib_dir/$1"
	exit
}
