// SPDX-License-Identifier: GPL-2.0
/* Negative control: reads a link after its end, and one byte past a packet made
 * as the suites make theirs. KASAN must report both, "slab-use-after-free in
 * use_late" and "slab-out-of-bounds in read_past". A report turns lockdep off,
 * so this module needs a boot of its own, with kasan_multi_shot. Loading it ends
 * with EAGAIN on purpose; with EINVAL if the link was not poisoned.
 */

#include <linux/module.h>

#include "engine.h"

static const struct wire from_customer = {
	.protocol = WIRE_UDP, .src = 0x64400001, .sport = 7000, .dst = 0xc0000201, .dport = 53,
};

static noinline bool use_late(const struct alias_link *link)
{
	/* Still as it was freed: KASAN keeps freed memory in quarantine. */
	return READ_ONCE(link->magic) == 0xecececec;
}

static noinline u8 read_past(const struct sk_buff *skb)
{
	return READ_ONCE(*skb_tail_pointer(skb));
}

static int late_use(struct alias_instance *inst)
{
	struct engine_result result = {};
	struct alias_flow flow = engine_flow(ALIAS_SPACE_UDP, &from_customer, NFT_ALIAS_OUT);
	struct alias_link *link;

	if (engine_send(inst, NFT_ALIAS_OUT, &from_customer, &result))
		return -ENOMEM;
	rcu_read_lock();
	link = alias_link_find_out(inst, &flow);
	rcu_read_unlock();
	if (!link)
		return -EINVAL;
	alias_instance_flush(inst);
	rcu_barrier();
	return use_late(link) ? -EAGAIN : -EINVAL;
}

static int overread(void)
{
	static const u8 bytes[27] = { 0x45 };
	struct sk_buff *skb = skb_make(bytes, sizeof(bytes), sizeof(bytes));

	if (!skb)
		return -ENOMEM;
	skb_arm(skb);
	pr_info("one byte past the packet: %u\n", read_past(skb));
	skb_disarm(skb);
	kfree_skb(skb);
	return -EAGAIN;
}

static int __init control_init(void)
{
	struct alias_instance *inst;
	int err = engine_begin();

	if (err)
		return err;
	inst = engine_instance("control", 0xc6336480, 1, 1024, 65535, 0);
	err = inst ? late_use(inst) : -ENOMEM;
	if (err == -EAGAIN)
		err = overread();
	if (inst)
		alias_instance_kill(inst);
	engine_end();
	return err;
}

module_init(control_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Negative control: late use of a link, read past a packet");
