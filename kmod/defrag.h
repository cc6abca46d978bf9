/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_DEFRAG_H
#define ALIAS_DEFRAG_H

#include "alias.h"

int alias_defrag_enable(struct alias_net *an);
void alias_defrag_disable(struct alias_net *an);

#endif /* ALIAS_DEFRAG_H */
