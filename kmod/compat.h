/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between the kernels this module builds for. The
 * flags come from compat-probe.sh; each goes with the last kernel that has the
 * old shape.
 */
#ifndef ALIAS_COMPAT_H
#define ALIAS_COMPAT_H

#include <linux/crc32.h>
#include <linux/crc32c.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <net/genetlink.h>
#include <net/inet_frag.h>
#include <net/netfilter/nf_tables.h>

#ifdef ALIAS_EXPR_DUMP_HAS_NO_RESET
#define ALIAS_EXPR_DUMP_ARGS struct sk_buff *skb, const struct nft_expr *expr
#else
#define ALIAS_EXPR_DUMP_ARGS struct sk_buff *skb, const struct nft_expr *expr, bool reset
#endif

#ifdef ALIAS_EXPR_VALIDATE_HAS_DATA
#define ALIAS_EXPR_VALIDATE_ARGS \
	const struct nft_ctx *ctx, const struct nft_expr *expr, const struct nft_data **data
#else
#define ALIAS_EXPR_VALIDATE_ARGS const struct nft_ctx *ctx, const struct nft_expr *expr
#endif

#ifdef ALIAS_REGISTER_LOAD_HAS_NO_CTX
#define alias_compat_register_load(ctx, attr, sreg, len) \
	((void)(ctx), nft_parse_register_load((attr), (sreg), (len)))
#else
#define alias_compat_register_load(ctx, attr, sreg, len) \
	nft_parse_register_load((ctx), (attr), (sreg), (len))
#endif

#ifdef ALIAS_GENL_DUMP_HAS_NO_INFO
#define alias_compat_dump_attrs(cb) (genl_dumpit_info(cb)->attrs)
#else
#define alias_compat_dump_attrs(cb) (genl_info_dump(cb)->attrs)
#endif

#ifdef ALIAS_GENL_GROUP_HAS_NO_FLAGS
#define ALIAS_GENL_GROUP_FLAGS
#else
#define ALIAS_GENL_GROUP_FLAGS .flags = GENL_MCAST_CAP_NET_ADMIN,
#endif

#ifdef ALIAS_FRAG_KILL_HAS_NO_REFS
#define alias_compat_frag_kill(q, refs)	((void)(refs), inet_frag_kill(q))
#define alias_compat_frag_put(q, refs)	((void)(refs), inet_frag_put(q))
#else
#define alias_compat_frag_kill(q, refs)	inet_frag_kill((q), (refs))
#define alias_compat_frag_put(q, refs)	inet_frag_putn((q), (refs))
#endif

/* Who watches drops of packets sees those of fragments only if this is set. */
#ifdef ALIAS_FRAG_HAS_NO_DROP
#define ALIAS_FRAG_DROP	0
#else
#define ALIAS_FRAG_DROP	INET_FRAG_DROP
#endif

/* What a CRC32c becomes when @len bytes of zeros follow. */
#ifdef ALIAS_CRC32C_HAS_SHIFT
#define alias_compat_crc32c __crc32c_le
#define alias_compat_crc32c_shift __crc32c_le_shift
#else
#define alias_compat_crc32c crc32c
static inline u32 alias_compat_crc32c_shift(u32 crc, size_t len)
{
	size_t part;

	for (; len; len -= part) {
		part = min_t(size_t, len, PAGE_SIZE);
		crc = crc32c(crc, page_address(ZERO_PAGE(0)), part);
	}
	return crc;
}
#endif

#endif /* ALIAS_COMPAT_H */
