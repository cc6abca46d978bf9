/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ALIAS_EXPR_H
#define ALIAS_EXPR_H

int nft_alias_expr_init(void);
void nft_alias_expr_exit(void);

#endif /* ALIAS_EXPR_H */
