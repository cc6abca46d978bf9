# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Cases about what becomes of many links: the memory they take, their expiry, a
# flush. They leave lines `value name=value ...`. For guest.sh, which sets what is
# read here.
# shellcheck disable=SC2154

: "${EXPIRE_AFTER=10}"

memory_free()
{
	# Frees that wait for a grace period, and tables that grow, come to rest.
	sleep 3
	echo 3 > /proc/sys/vm/drop_caches
	awk '/^MemFree:/ { print $2 }' /proc/meminfo
}

links()		# VARIANT: how many there are
{
	if [ "$1" = alias ]; then
		in_net alias "$NFT_ALIAS" -j list aliases | grep -oE '"links": *([0-9]+|\{[^}]*\})' |
			grep -oE '[0-9]+' | awk '{ sum += $1 } END { print sum + 0 }'
	else
		in_net "$1" cat /proc/sys/net/netfilter/nf_conntrack_count
	fi
}

# The table that nobody needs is made before.
measure_memory()
{
	local variant before after table

	for variant in $VARIANTS; do
		[ "$variant" = plain ] && continue
		# shellcheck disable=SC2086 # words
		inject "$variant" $outward flows="$flows" packets=1 shuffle=0 port=7
		before=$(memory_free)
		establish "$variant" || return
		after=$(memory_free)
		table=0
		[ "$variant" = alias ] || table=$((buckets * 8))
		say "value case=$case variant=$variant links=$(links "$variant")" \
			"bytes_per_link=$((((before - after) * 1024 + table) * 10 / flows))e-1" \
			"table_bytes=$table"
		grep -E '^nf_conntrack|^nft_alias|^kmalloc-(64|96|128|192|256|512|1k|rcl|cg)' \
			/proc/slabinfo | awk -v v="$variant" '{ print v, $1, $2 * $4 }' \
			>> "${BENCH_RESULTS%/*}/slabs"
	done
}

# Ticks that the first CPU, which injects nothing, was busy, in ms
busy()
{
	awk '$1 == "cpu0" { print ($2 + $3 + $4 + $7 + $8) * 10 }' /proc/stat
}

# Others' packets, for a moment: sets ns, p99 and most, of batches
others()	# VARIANT MS
{
	# shellcheck disable=SC2086 # words
	inject "$1" $outward kind=udp first="$flows" flows=4096 port=80 slice=64 cpu_clock=1 ms="$2" ||
		{ fail "no answer"; return; }
	[ "$came" = "$sent" ] || { fail "of $sent packets of others $came came out"; return; }
	[[ $answer =~ ns0=([0-9.]+) ]] && ns=${BASH_REMATCH[1]}
	[[ $answer =~ p99_0=([0-9]+) ]] && p99=${BASH_REMATCH[1]}
	[[ $answer =~ max0=([0-9]+) ]] && most=${BASH_REMATCH[1]}
}

# The links expire while 4096 flows that do not go on.
measure_expire()
{
	local variant ns p99 most before now begin end calm_ns calm_p99 ms worst_ns worst_p99 worst

	for variant in $VARIANTS; do
		[ "$variant" = plain ] && continue
		others "$variant" 300 || return
		# shellcheck disable=SC2086 # words
		timed $outward kind=udp flows="$flows" packets="$flows" || return
		others "$variant" 1000 || return
		calm_ns=$ns calm_p99=$p99 worst_ns=0 worst_p99=0 worst=0
		before=$(links "$variant")
		while now=$(links "$variant"); [ "$now" -gt $((before - before / 50)) ]; do
			[ $SECONDS -lt $((begun + 300)) ] || { fail "nothing expires"; return; }
			sleep 0.2
		done
		begin=${EPOCHREALTIME/./} ms=$(busy)
		while now=$(links "$variant"); [ "$now" -gt 8192 ]; do
			[ $SECONDS -lt $((begun + 600)) ] || { fail "$now links are left"; return; }
			others "$variant" 500 || return
			worst_ns=$(printf '%s\n' "$ns" "$worst_ns" | sort -g | tail -n 1)
			[ "$p99" -le "$worst_p99" ] || worst_p99=$p99
			[ "$most" -le "$worst" ] || worst=$most
		done
		end=${EPOCHREALTIME/./}
		say "value case=$case variant=$variant seconds=$(((end - begin) / 1000000))" \
			"other_cpu_ns_per_link=$((($(busy) - ms) * 1000000 / flows))" \
			"calm_ns=$calm_ns worst_half_second_ns=$worst_ns" \
			"calm_p99_ns=$calm_p99 worst_p99_ns=$worst_p99 worst_batch_ns=$worst"
	done
}

# Everything is flushed while packets of 4096 flows go on, to the end of it.
measure_flush()
{
	local variant round ns p99 most begin end calm_ns worst_ns worst_p99 worst flushing
	local locks=/sys/kernel/debug/alias_bench/locks

	for ((round = 0; round < 3; round++)); do
		for variant in $VARIANTS; do
			[ "$variant" = plain ] && continue
			# shellcheck disable=SC2086 # words
			timed $outward kind=udp flows="$flows" packets="$flows" || return
			others "$variant" 500 || return
			calm_ns=$ns worst_ns=0 worst_p99=0 worst=0
			echo > $locks
			begin=${EPOCHREALTIME/./}
			flush "$variant" &
			flushing=$!
			while kill -0 $flushing 2> /dev/null; do
				others "$variant" 200 || return
				worst_ns=$(printf '%s\n' "$ns" "$worst_ns" | sort -g | tail -n 1)
				[ "$p99" -le "$worst_p99" ] || worst_p99=$p99
				[ "$most" -le "$worst" ] || worst=$most
			done
			wait $flushing || { fail "the flush failed"; return; }
			end=${EPOCHREALTIME/./}
			say "value case=$case variant=$variant ms=$(((end - begin) / 1000))" \
				"calm_ns=$calm_ns worst_fifth_second_ns=$worst_ns" \
				"worst_p99_ns=$worst_p99 worst_batch_ns=$worst" \
				"$([ "$variant" = alias ] && sed 's/longest/longest_hold_ns/; s/disturbed/disturbed_hold_ns/' $locks)"
			sleep 1
		done
	done
}
