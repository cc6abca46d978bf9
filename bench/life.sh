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
	if [[ "$1" =~ ^(alias|one)$ ]]; then
		in_net "$1" "$NFT_ALIAS" -j list aliases | grep -oE '"links": *([0-9]+|\{[^}]*\})' |
			grep -oE '[0-9]+' | awk '{ sum += $1 } END { print sum + 0 }'
	else
		in_net "$1" cat /proc/sys/net/netfilter/nf_conntrack_count
	fi
}

# Rules, instances, their tables and the links. Conntrack's table is there before and is
# the kernel's: it is added.
measure_memory()
{
	local variant before after table

	for variant in $VARIANTS; do
		[ "$variant" = plain ] && continue
		# shellcheck disable=SC2086 # words
		inject "$variant" $outward flows="$flows" packets=1 shuffle=0 port=7
		before=$(memory_free)
		configure "$variant" && establish "$variant" || return
		after=$(memory_free)
		table=0
		[[ "$variant" =~ ^(conntrack|flowtable)$ ]] && table=$((buckets * 8))
		say "value case=$case variant=$variant links=$(links "$variant")" \
			"bytes_per_link=$((((before - after) * 1024 + table) * 10 / flows))e-1" \
			"table_bytes=$table"
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

# Others' packets for so many ms: sets what was worst so far, too
watch_others()
{
	others "$variant" "$1" || return
	worst_ns=$(printf '%s\n' "$ns" "$worst_ns" | sort -g | tail -n 1)
	[ "$p99" -le "$worst_p99" ] || worst_p99=$p99
	[ "$most" -le "$worst" ] || worst=$most
}

# And how many links are left
look()
{
	watch_others 500 || return
	now=$(links "$variant")
}

# The links expire while 4096 flows that do not go on. The looks keep the other CPU busy,
# too: what they take in calm is not the links'.
measure_expire()
{
	local variant ns p99 most before now begin end ms looks look_ms
	local calm_ns calm_p99 worst_ns=0 worst_p99=0 worst=0

	for variant in $VARIANTS; do
		[ "$variant" = plain ] && continue
		others "$variant" 300 || return
		# shellcheck disable=SC2086 # words
		timed $outward kind=udp flows="$flows" packets="$flows" || return
		ms=$(busy)
		for ((looks = 0; looks < 8; looks++)); do
			look || return
		done
		look_ms=$((($(busy) - ms) / looks))
		others "$variant" 1000 || return
		calm_ns=$ns calm_p99=$p99 worst_ns=0 worst_p99=0 worst=0 looks=0
		before=$(links "$variant")
		while now=$(links "$variant"); [ "$now" -gt $((before - before / 50)) ]; do
			[ $SECONDS -lt $((begun + 300)) ] || { fail "nothing expires"; return; }
			sleep 0.2
		done
		begin=${EPOCHREALTIME/./} ms=$(busy)
		while [ "$now" -gt 8192 ]; do
			[ $SECONDS -lt $((begun + 600)) ] || { fail "$now links are left"; return; }
			look || return
			looks=$((looks + 1))
		done
		ms=$(($(busy) - ms - looks * look_ms)) end=${EPOCHREALTIME/./}
		say "value case=$case variant=$variant seconds=$(((end - begin) / 1000000))" \
			"other_cpu_ns_per_link=$((ms * 1000000 / flows)) look_ms=$look_ms" \
			"calm_ns=$calm_ns worst_half_second_ns=$worst_ns" \
			"calm_p99_ns=$calm_p99 worst_p99_ns=$worst_p99 worst_batch_ns=$worst"
	done
}

# Everything is flushed while packets of 4096 flows go on, to the end of it.
flush_once()
{
	local ns p99 most begin end calm_ns worst_ns=0 worst_p99=0 worst=0 flushing

	others "$variant" 500 || return
	calm_ns=$ns
	begin=${EPOCHREALTIME/./}
	flush "$variant" &
	flushing=$!
	while kill -0 $flushing 2> /dev/null; do
		watch_others 200 || return
	done
	wait $flushing || { fail "the flush failed"; return; }
	end=${EPOCHREALTIME/./}
	flushed="ms=$(((end - begin) / 1000)) calm_ns=$calm_ns worst_fifth_second_ns=$worst_ns"
	flushed+=" worst_p99_ns=$worst_p99 worst_batch_ns=$worst"
}

measure_flush()
{
	local variant round flushed

	for ((round = 0; round < 3; round++)); do
		for variant in $VARIANTS; do
			[ "$variant" = plain ] && continue
			# shellcheck disable=SC2086 # words
			timed $outward kind=udp flows="$flows" packets="$flows" || return
			flush_once || return
			say "value case=$case variant=$variant $flushed"
			sleep 1
		done
	done
}

# How long the instance's lock is held: while the links are made, and in a flush
measure_hold()
{
	local variant=alias round flushed making locks=/sys/kernel/debug/alias_bench/locks

	for ((round = 0; round < 3; round++)); do
		echo > $locks
		# shellcheck disable=SC2086 # words
		timed $outward kind=udp flows="$flows" packets="$flows" || return
		making=$(sed -E 's/ below_[^ ]*//g; s/longest/making_hold_ns/; s/disturbed/disturbed_making_ns/' $locks)
		echo > $locks
		flush_once || return
		say "value case=$case variant=alias $making" \
			"$(sed 's/longest/longest_hold_ns/; s/disturbed/disturbed_hold_ns/' $locks)"
		sleep 1
	done
}
