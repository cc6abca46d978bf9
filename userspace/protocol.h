/* SPDX-License-Identifier: GPL-2.0 */
/* IP protocols by name. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

/* The first ones have ports (ICMP: identifiers), so that mapping and filter can be chosen. */
#define PROTOCOLS_WITH_PORTS	6

extern const char protocols_with_ports[];

/* NULL: the protocol has no name here. */
const char *protocol_name(uint8_t number);
bool protocol_find(const char *name, uint8_t *number);

/* From 0 to PROTOCOLS_WITH_PORTS - 1, or -1 for all other protocols. */
int protocol_slot(uint8_t number);
uint8_t protocol_of_slot(unsigned int slot);

#endif
