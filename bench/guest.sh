#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh CASE...	in the guest, see bench.sh
#
# For each case four namespaces, one for each way to forward, are set up side by
# side, and short runs of packets go through them in turn, so that what the host does
# meanwhile befalls all of them. One line `run name=value ...` for each goes to
# $BENCH_RESULTS.
set -u

: "${BENCH_RESULTS:?}" "${BENCH_DIR:?}" "${BENCH_MODULES:?}" "${NFT_ALIAS:?}"
: "${VARIANTS=plain conntrack flowtable alias}" "${ROUNDS=10}" "${PACKETS=131072}"
run=/sys/kernel/debug/alias_bench/run
# shellcheck source=bench/setup.sh
. "$BENCH_DIR/setup.sh"
# shellcheck source=bench/life.sh
. "$BENCH_DIR/life.sh"

say()
{
	echo "$*" >> "$BENCH_RESULTS"
}

# A case that cannot be measured says so and why.
fail()
{
	echo "$case: $variant: $*"
	say "failed case=$case variant=$variant reason=${*// /_}"
	return 1
}

# inject VARIANT WORD...: sets $answer
inject()
{
	local variant=$1 fd table=${tables[$1]}

	shift
	exec {fd}< "/run/netns/$variant"
	echo "net=$fd table=$table $layout $*" > "$run" || { exec {fd}<&-; return 1; }
	exec {fd}<&-
	answer=$(< "$run")
	field "$answer"
}

# field TEXT: sets sent, came, wrong and changed from an answer
field()
{
	[[ $1 =~ sent=([0-9]+)\ came=([0-9]+)\ right=[0-9]+\ wrong=([0-9]+)\ changed=([0-9]+) ]] || return
	sent=${BASH_REMATCH[1]} came=${BASH_REMATCH[2]}
	wrong=${BASH_REMATCH[3]} changed=${BASH_REMATCH[4]}
}

loaded=
outward="in=in out=ex outward=1"
inward="in=ex out=in outward=0"

# pass VARIANT DIRECTION-WORDS KIND [WORD...]: every flow once, looked at behind
pass()
{
	local variant=$1 direction=$2 kind=$3

	shift 3
	# shellcheck disable=SC2086 # words
	inject "$variant" $direction kind="$kind" flows="$flows" packets="$flows" shuffle=0 \
		verify=1 "$@" || { fail "$kind $direction: no answer"; return; }
	[ "$came" = "$flows" ] && [ "$wrong" = 0 ] && return
	fail "$kind $direction: of $flows packets $came came out, $wrong wrong ones"
}

is_translated()
{
	case $1 in
	plain|rules|chains) [ "$changed" = 0 ] ;;
	*) [ "$changed" = "$flows" ] ;;
	esac || fail "$changed of $flows packets were translated"
}

# Both directions of every flow.
establish()
{
	local variant=$1

	if [ "$proto" = udp ]; then
		pass "$variant" "$outward" udp learn=1 && is_translated "$variant" &&
		pass "$variant" "$inward" udp &&
		pass "$variant" "$outward" udp
	else
		pass "$variant" "$outward" syn learn=1 && is_translated "$variant" &&
		pass "$variant" "$inward" synack &&
		pass "$variant" "$outward" ack &&
		pass "$variant" "$inward" ack &&
		pass "$variant" "$outward" ack
	fi
}

# The forward chain counts what the flowtable did not take.
slow_path()
{
	nsenter --net=/run/netns/flowtable nft -j list table ip ft |
		grep -o '"packets": [0-9]*' | grep -o '[0-9]*'
}

record()
{
	say "run case=$case variant=$variant round=$round $answer"
}

# timed WORD...: packets of $variant, all of which must come out
timed()
{
	inject "$variant" "$@" || { fail "no answer"; return; }
	[ "$came" = "$sent" ] || fail "of $sent packets $came came out"
}

measure_established()
{
	local variant round rounds skip=0 kind=ack direction=$outward before=0 after=0

	rounds=$((flows < 1048576 ? ROUNDS : (ROUNDS + 1) / 2))
	[ "$proto" = udp ] && kind=udp
	[ "$what" = established-in ] && direction=$inward
	for variant in $VARIANTS; do
		establish "$variant" || return
	done
	[[ $VARIANTS = *flowtable* ]] && before=$(slow_path)
	for ((round = 0; round < rounds; round++)); do
		for variant in $VARIANTS; do
			# shellcheck disable=SC2086 # words
			timed $direction kind=$kind flows="$flows" cpus="$cpus" \
				packets="$PACKETS" skip=$skip || return
			record
		done
		skip=$(((skip + PACKETS) % flows))
	done
	variant=flowtable
	[[ $VARIANTS = *flowtable* ]] && after=$(slow_path)
	if [ -z "$before" ] || [ -z "$after" ]; then
		fail "nobody counts the slow path"
		return
	fi
	[ $((after - before)) -le $((PACKETS * rounds / 100)) ] ||
		fail "$((after - before)) packets took the slow path"
}

# Each packet that was sent made one (two CPUs end together), and the flush leaves none for
# the next round.
has_links()	# COUNT
{
	local count

	case $variant in
	plain|rules|chains) return ;;
	esac
	count=$(links "$variant")
	[ "$count" = "$1" ] || fail "$count links instead of $1"
}

measure_new()
{
	local variant round rounds kind=syn

	rounds=$((flows < 1048576 ? ROUNDS : (ROUNDS + 1) / 2))
	[ "$proto" = udp ] && kind=udp
	for ((round = 0; round < rounds; round++)); do
		for variant in $VARIANTS; do
			# shellcheck disable=SC2086 # words
			timed $outward kind=$kind flows="$flows" cpus="$cpus" \
				packets="$flows" || return
			record
			has_links "$sent" && flush "$variant" && has_links 0 || return
		done
	done
}

# Each address has 1024 ports, all taken by subscribers that the measured ones follow.
# Who has an address that is full gets no other, so it takes more than there are ports.
# Conntrack needs a hundred times as long for each, so fewer packets than else.
measure_exhausted()
{
	local variant round packets=$((PACKETS / 8)) first=$((addresses == 1 ? 1024 : addresses * 2048))

	for variant in $VARIANTS; do
		# shellcheck disable=SC2086 # words
		inject "$variant" $outward kind=udp flows="$first" packets="$first" shuffle=0 \
			servers=1 || { fail "no answer"; return; }
	done
	for ((round = 0; round < ROUNDS; round++)); do
		for variant in $VARIANTS; do
			measure_refusal || return
		done
	done
}

# conntrack tries a part of the ports and still finds some.
measure_refusal()
{
	local allowed

	case $variant in
	plain|chains) allowed=$packets ;;
	alias|one|rules) allowed=0 ;;
	*) allowed=$((packets / 32)) ;;
	esac
	# shellcheck disable=SC2086 # words
	inject "$variant" $outward kind=udp first="$first" flows="$flows" servers=1 \
		packets="$packets" || { fail "no answer"; return; }
	[ "$came" -le "$allowed" ] || { fail "$came of $sent packets came out"; return; }
	record
}

# established-out/udp/4096/i32/c2/m/a9/s -> what, proto, flows, instances, cpus, select,
# spread, same
parse_case()
{
	local word

	IFS=/ read -r what proto flows words <<< "$1"
	: "${proto:=udp}" "${flows:=4096}"
	instances=1 cpus=1 select=name spread="" same=""
	for word in ${words//\// }; do
		case $word in
		i*) instances=${word#i}; [ "$instances" -gt 1 ] && select=map ;;
		c*) cpus=${word#c} ;;
		a*) spread=${word#a} ;;
		m) select=map ;;
		s) same='same-ports;' ;;
		v*) ;;
		r) select=rules ;;
		*) fail "no such word: $word"; return ;;
		esac
	done
}

# Namespaces, and with them rules, end behind the scenes.
unload_module()
{
	local tries

	for ((tries = 0; tries < 1200; tries++)); do
		rmmod nft_alias 2> /dev/null && return
		sleep 0.1
	done
	rmmod nft_alias
}

# Only who asks how long the lock is held gets the build that looks, as it is dearer. With
# /vX it is another build that is beside this one.
load_module()
{
	local build=bench

	[ "$what" = hold ] && build=bench-locks
	[[ $case =~ /v([a-z])[0-9]*$ ]] && build=bench-${BASH_REMATCH[1]}
	[ "$build" = "$loaded" ] && return
	[ -z "$loaded" ] || unload_module || return
	loaded=
	insmod "$BENCH_MODULES/$build/nft_alias.ko" && loaded=$build
}

# Rules and instances are memory, too.
set_up()
{
	devices "$1" || return
	[ "$what" = memory ] || configure "$1"
}

run_case()
{
	local variant=- case=$1 begun=$SECONDS missing=

	parse_case "$case" || return
	lay_out
	conntrack_size
	load_module || { fail "the module cannot be loaded"; return; }
	for variant in $VARIANTS; do
		set_up "$variant" || { fail "cannot be set up"; missing=$variant; break; }
	done
	[ -n "$missing" ] || case $what in
	established-out|established-in) measure_established ;;
	new) measure_new ;;
	exhausted) measure_exhausted ;;
	memory) measure_memory ;;
	expire) measure_expire ;;
	flush) measure_flush ;;
	hold) measure_hold ;;
	*) fail "no such case" ;;
	esac
	for variant in $VARIANTS; do
		teardown "$variant"
	done
	echo "$case: $((SECONDS - begun)) s"
}

# The host gives a page of the guest's memory, and clears it, when it is touched for
# the first time: now, not in the midst of a run.
dd if=/dev/zero of=/run/touch bs=1M count=$((BENCH_MEMORY * 8 / 10)) 2> /dev/null
rm -f /run/touch

insmod "$BENCH_MODULES/bench-inject/inject.ko" || exit
say "kernel $(uname -r) $(uname -v)"
for case in "$@"; do
	say "asked case=$case"
	run_case "$case"
done
