/* SPDX-License-Identifier: GPL-2.0 */
/* Lives of unused links, by name. They are numbered by ALIAS_A_TIMEOUT_*. */
#ifndef TIMEOUT_H
#define TIMEOUT_H

#include <stdbool.h>
#include <stdint.h>
#include "memory.h"

/* NULL for numbers that are no timeout. */
const char *timeout_name(unsigned int timeout);
uint32_t timeout_default(unsigned int timeout);

/* 0: there is none of this name. */
unsigned int timeout_find(const char *name);

/* Their names, for a sentence. */
void timeout_list(struct buf *b);

/* "300", or nft's "1d2h3m4s"; what is longer than a uint32_t can say becomes UINT32_MAX. */
bool timeout_parse(const char *text, uint32_t *seconds);

/* Both return whether something is wrong, and say it in a sentence. */
bool timeout_fault(unsigned int timeout, uint32_t seconds, struct buf *sentence);
bool timeout_udp_port_fault(uint16_t port, uint32_t seconds, struct buf *sentence);

#endif
