#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Asks the kernel headers in $1 which shape an interface has and prints the
# compiler flags that tell compat.h. Stable series take interfaces over from
# later ones, so a version number would answer wrongly.
set -u
nft=$1/include/net/netfilter/nf_tables.h
genl=$1/include/net/genetlink.h
crc32=$1/include/linux/crc32.h
frag=$1/include/net/inet_frag.h

[ -r "$nft" ] || { echo "compat-probe: no kernel headers in $1" >&2; exit 1; }

# has FILE REGEX: true if FILE, read as one line, matches
has() { tr '\n\t' '  ' < "$1" | tr -s ' ' | grep -Eq "$2"; }

has "$nft" 'int \(\*dump\)\(struct sk_buff \*skb, const struct nft_expr \*expr, bool reset\)' ||
	printf '%s ' -DALIAS_EXPR_DUMP_HAS_NO_RESET
has "$nft" 'int \(\*validate\)\(const struct nft_ctx \*ctx, const struct nft_expr \*expr, const struct nft_data' &&
	printf '%s ' -DALIAS_EXPR_VALIDATE_HAS_DATA
has "$nft" 'nft_parse_register_load\(const struct nft_ctx \*ctx' ||
	printf '%s ' -DALIAS_REGISTER_LOAD_HAS_NO_CTX
has "$genl" 'genl_info_dump\(struct netlink_callback' ||
	printf '%s ' -DALIAS_GENL_DUMP_HAS_NO_INFO
has "$genl" 'GENL_MCAST_CAP_NET_ADMIN' ||
	printf '%s ' -DALIAS_GENL_GROUP_HAS_NO_FLAGS
has "$crc32" '__crc32c_le_shift\(u32 crc, size_t len\)' &&
	printf '%s ' -DALIAS_CRC32C_HAS_SHIFT
has "$frag" 'void inet_frag_kill\(struct inet_frag_queue \*q, int \*refs\)' ||
	printf '%s ' -DALIAS_FRAG_KILL_HAS_NO_REFS
has "$frag" 'INET_FRAG_DROP' ||
	printf '%s ' -DALIAS_FRAG_HAS_NO_DROP
echo
