// SPDX-License-Identifier: GPL-2.0
/* A dummy device that gives its packets back to who injected them, on the same CPU.
 *
 * With one that frees them, two CPUs that measure nothing but forwarding fight over the
 * allocator, whose lists they share, and its cost is in every figure.
 */

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <net/dst.h>
#include <net/rtnetlink.h>

#include "device.h"
#include "flow.h"

static DEFINE_PER_CPU(struct bench_returned, returned);

/**
 * bench_returned - the calling CPU's packets
 *
 * Softirqs are off.
 *
 * Return: where they are
 */
struct bench_returned *bench_returned(void)
{
	return this_cpu_ptr(&returned);
}

static netdev_tx_t device_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct bench_returned *mine = this_cpu_ptr(&returned);

	dev_lstats_add(dev, skb->len);
	if (!mine->wanted || mine->count == BENCH_BATCH || !bench_packet_is_ours(skb)) {
		dev_kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	/* To let go of these is a part of what they cost. */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	mine->skb[mine->count++] = skb;
	return NETDEV_TX_OK;
}

static void device_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	dev_lstats_read(dev, &stats->tx_packets, &stats->tx_bytes);
}

static int device_init(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_LSTATS;
	return 0;
}

static const struct net_device_ops device_ops = {
	.ndo_init = device_init,
	.ndo_start_xmit = device_xmit,
	.ndo_get_stats64 = device_stats,
};

static void device_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &device_ops;
	dev->needs_free_netdev = true;
	dev->flags |= IFF_NOARP;
	dev->flags &= ~IFF_MULTICAST;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->lltx = true;
	dev->features |= NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_HIGHDMA;
	eth_hw_addr_random(dev);
}

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind = "bench",
	.setup = device_setup,
};

/**
 * bench_device_register - `ip link add NAME type bench` works from now on
 *
 * Return: 0 or a negative error
 */
int bench_device_register(void)
{
	return rtnl_link_register(&link_ops);
}

/**
 * bench_device_unregister - and all such devices go
 */
void bench_device_unregister(void)
{
	rtnl_link_unregister(&link_ops);
}
