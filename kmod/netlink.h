/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_NETLINK_H
#define ALIAS_NETLINK_H

int alias_netlink_init(void);
void alias_netlink_exit(void);

#endif /* ALIAS_NETLINK_H */
