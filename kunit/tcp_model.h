/* SPDX-License-Identifier: GPL-2.0 */
/* A TCP connection by what has been seen of it, not by the name of a state: the
 * reference that random packets must not be able to tell from the engine's own.
 */
#ifndef ALIAS_KUNIT_TCP_MODEL_H
#define ALIAS_KUNIT_TCP_MODEL_H

#include <linux/prandom.h>
#include <linux/types.h>
#include <linux/netfilter/nft_alias.h>

/* What a packet is to a connection: of its flags only these three matter, and a
 * reset outweighs the others.
 */
enum kind { DATA, FIN, SYN, SYN_FIN, RST, KINDS };

static inline enum kind kind_of(u8 flags)
{
	if (flags & 0x04)
		return RST;
	if (flags & 0x02)
		return flags & 0x01 ? SYN_FIN : SYN;
	return flags & 0x01 ? FIN : DATA;
}

/**
 * struct tcp_model - a connection
 * @answered: the outside has said something
 * @closed: by side: it has said good-bye
 * @reset: and nothing has been said since
 */
struct tcp_model {
	bool answered;
	bool closed[2];
	bool reset;
};

static inline void tcp_model_reset(struct tcp_model *m)
{
	/* Before an answer, and after the end, there is nothing to reset. */
	if (!m->answered || (m->closed[0] && m->closed[1]))
		return;
	*m = (struct tcp_model){ .answered = true, .reset = true };
}

static inline void tcp_model_packet(struct tcp_model *m, enum nft_alias_direction dir, u8 flags)
{
	bool over = m->reset || (m->closed[0] && m->closed[1]);
	bool out = dir == NFT_ALIAS_OUT;

	if (flags & 0x04) {
		tcp_model_reset(m);
		return;
	}
	if (flags & 0x02 && out && (over || m->closed[0] || m->closed[1])) {
		*m = (struct tcp_model){};
		return;
	}
	if (over && flags & 0x02)
		return;
	if (over && !m->reset)
		return;
	if (!m->answered && out)
		return;
	m->answered = true;
	m->reset = false;
	if (flags & 0x01)
		m->closed[dir] = true;
}

static inline enum alias_link_state tcp_model_state(const struct tcp_model *m)
{
	if (m->reset)
		return ALIAS_LINK_RESET;
	if (m->closed[NFT_ALIAS_OUT] && m->closed[NFT_ALIAS_IN])
		return ALIAS_LINK_CLOSING;
	if (m->closed[NFT_ALIAS_OUT])
		return ALIAS_LINK_FIN_OUT;
	if (m->closed[NFT_ALIAS_IN])
		return ALIAS_LINK_FIN_IN;
	return m->answered ? ALIAS_LINK_ESTABLISHED : ALIAS_LINK_OPENING;
}

/* As they come: mostly data, so that no state is left at once. */
static inline u8 tcp_model_flags(struct rnd_state *rnd)
{
	static const u8 flags[] = {
		0x10, 0x18, 0x10, 0x11, 0x01, 0x02, 0x12, 0x03, 0x04, 0x14, 0x00
	};
	u32 n = prandom_u32_state(rnd);

	return n % 16 ? flags[n / 16 % ARRAY_SIZE(flags)] : n >> 24;
}

#endif /* ALIAS_KUNIT_TCP_MODEL_H */
