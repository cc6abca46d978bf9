/* SPDX-License-Identifier: GPL-2.0 */
/* skbs with a given content and shape. */
#ifndef ALIAS_KUNIT_SKB_H
#define ALIAS_KUNIT_SKB_H

#include <linux/gfp.h>
#include <linux/if_ether.h>
#include <linux/kasan.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/skbuff.h>

/* Behind the last byte of a trapped skb lie so many that KASAN takes for
 * foreign: any access past the packet is reported, by one byte already.
 */
#define SKB_TRAP_BYTES	64

#ifdef CONFIG_KASAN_GENERIC
/* The kernel exports it for tests, but keeps the prototype in mm/kasan. */
void kasan_poison(const void *addr, size_t size, u8 value, bool init);

static inline void skb_arm(struct sk_buff *skb)
{
	kasan_poison(skb_tail_pointer(skb), SKB_TRAP_BYTES, 0xfc, false);
}

static inline bool skb_is_armed(const struct sk_buff *skb)
{
	const s8 *shadow = kasan_mem_to_shadow(skb_tail_pointer(skb));

	return IS_ALIGNED((unsigned long)skb_tail_pointer(skb), 8) && *shadow < 0;
}

static inline void skb_disarm(struct sk_buff *skb)
{
	kasan_poison(skb_tail_pointer(skb), SKB_TRAP_BYTES, 0, false);
}
#else
static inline void skb_arm(struct sk_buff *skb)
{
}

static inline void skb_disarm(struct sk_buff *skb)
{
}
#endif

/* In pieces, so that headers lie across the borders of pages as well. */
static inline bool skb_add_pages(struct sk_buff *skb, const u8 *bytes, unsigned int length)
{
	static const unsigned int piece[] = { 3, 5, PAGE_SIZE };
	unsigned int n, size;
	struct page *page;

	for (n = 0; n < ARRAY_SIZE(piece) && length; n++) {
		size = min(length, piece[n]);
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return false;
		memcpy(page_address(page) + PAGE_SIZE - size, bytes, size);
		skb_add_rx_frag(skb, n, page, PAGE_SIZE - size, size, PAGE_SIZE);
		bytes += size;
		length -= size;
	}
	return true;
}

/**
 * skb_make - an IPv4 packet as it stands in a netfilter hook
 * @bytes: content
 * @length: of @bytes, at most a page
 * @linear: so many bytes are in the linear part, the rest in pages
 *
 * The linear part ends at a granule of KASAN's, for skb_arm().
 */
static inline struct sk_buff *skb_make(const u8 *bytes, unsigned int length, unsigned int linear)
{
	struct sk_buff *skb = alloc_skb(linear + 8 + SKB_TRAP_BYTES, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, -linear & 7);
	skb_put_data(skb, bytes, linear);
	if (!skb_add_pages(skb, bytes + linear, length - linear)) {
		kfree_skb(skb);
		return NULL;
	}
	skb->protocol = htons(ETH_P_IP);
	skb_reset_network_header(skb);
	return skb;
}

#endif /* ALIAS_KUNIT_SKB_H */
