// SPDX-License-Identifier: GPL-2.0
/* nft_alias: network address translation by many small, independent instances.
 *
 * The order in which things begin is the order in which they depend on each
 * other; what lets users in comes last and goes first.
 */

#include <linux/module.h>
#include <net/genetlink.h>
#include <net/netfilter/nf_tables.h>

#include "expr.h"
#include "housekeeping.h"
#include "link.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "ports.h"

static int __init alias_init(void)
{
	int err;

	err = alias_link_cache_create();
	if (err)
		return err;
	err = alias_peer_cache_create();
	if (err)
		goto err_links;
	err = alias_ports_cache_create();
	if (err)
		goto err_peers;
	err = alias_housekeeping_init();
	if (err)
		goto err_ports;
	err = alias_netns_init();
	if (err)
		goto err_housekeeping;
	err = alias_netlink_init();
	if (err)
		goto err_netns;
	err = nft_alias_expr_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	alias_netlink_exit();
err_netns:
	alias_netns_exit();
err_housekeeping:
	alias_housekeeping_exit();
err_ports:
	alias_ports_cache_destroy();
err_peers:
	alias_peer_cache_destroy();
err_links:
	alias_link_cache_destroy();
	return err;
}

static void __exit alias_exit(void)
{
	nft_alias_expr_exit();
	alias_netlink_exit();
	alias_netns_exit();
	alias_housekeeping_exit();
	alias_ports_cache_destroy();
	alias_peer_cache_destroy();
	alias_link_cache_destroy();
}

module_init(alias_init);
module_exit(alias_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Carrier-grade NAT with many instances, as an nftables expression");
MODULE_ALIAS_NFT_EXPR("alias");
MODULE_ALIAS_GENL_FAMILY(ALIAS_GENL_NAME);
