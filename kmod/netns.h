/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_NETNS_H
#define ALIAS_NETNS_H

int alias_netns_init(void);
void alias_netns_exit(void);

#endif /* ALIAS_NETNS_H */
