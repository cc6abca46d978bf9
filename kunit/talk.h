/* SPDX-License-Identifier: GPL-2.0 */
/* What one endpoint of a subscriber and its peers say to each other.
 *
 *	inside 100.64.0.1:4000 --- instance 198.51.100.128 --- peers 192.0.2.1 ...
 */
#ifndef ALIAS_KUNIT_TALK_H
#define ALIAS_KUNIT_TALK_H

#include "fixture.h"

#define OUT	NFT_ALIAS_OUT
#define IN	NFT_ALIAS_IN
#define UDP	ALIAS_SPACE_UDP
#define TCP	ALIAS_SPACE_TCP

static inline struct alias_instance *filtering(struct kunit *test, enum alias_filter filter)
{
	struct alias_instance *inst = fixture_instance(test, 1, 1024, 65535, 0);

	memset(engine_settings(inst)->filter, filter, ALIAS_SPACES);
	return inst;
}

static inline struct alias_instance *plain(struct kunit *test)
{
	return filtering(test, ALIAS_FILTER_EIF);
}

/* To the n-th peer. */
static inline struct wire tcp(u8 flags, unsigned int n)
{
	return fixture_tcp(flags, FIXTURE_INSIDE, 4000, FIXTURE_PEER + n, 443);
}

static inline struct wire udp(unsigned int n)
{
	return fixture_udp(FIXTURE_INSIDE, 4000, FIXTURE_PEER + n, 5000);
}

static inline struct wire from(struct wire after, unsigned int n, u16 port, u8 flags)
{
	struct wire back = fixture_answer(after, flags);

	back.src = FIXTURE_PEER + n;
	back.sport = port;
	return back;
}

static inline struct alias_link *link_of(struct kunit *test, struct alias_instance *inst,
					 enum alias_space space, const struct wire *after)
{
	struct alias_link *link = fixture_link(inst, space, after);

	KUNIT_ASSERT_NOT_NULL(test, link);
	return link;
}

/* A whole opening with the n-th peer. */
static inline struct wire connect(struct kunit *test, struct alias_instance *inst, unsigned int n)
{
	struct wire after = fixture_out(test, inst, tcp(WIRE_SYN, n));

	fixture_in(test, inst, fixture_answer(after, WIRE_SYN | WIRE_ACK));
	fixture_out(test, inst, tcp(WIRE_ACK, n));
	return after;
}

static inline void close(struct kunit *test, struct alias_instance *inst, struct wire after,
			 unsigned int n)
{
	fixture_out(test, inst, tcp(WIRE_FIN | WIRE_ACK, n));
	fixture_in(test, inst, from(after, n, 443, WIRE_FIN | WIRE_ACK));
	fixture_out(test, inst, tcp(WIRE_ACK, n));
}

/* A packet inward passes, or the filter refuses it and says so. */
static inline void expect_entry(struct kunit *test, struct alias_instance *inst, struct wire w,
				bool may)
{
	u64 before = fixture_refused(inst, IN, ALIAS_FILTERED);

	KUNIT_EXPECT_EQ(test, fixture_send(test, inst, IN, w, NULL),
			may ? ALIAS_TRANSLATED : ALIAS_NO_MATCH);
	KUNIT_EXPECT_EQ(test, fixture_refused(inst, IN, ALIAS_FILTERED), before + !may);
}

static inline int talk_init(struct kunit *test)
{
	WRITE_ONCE(engine_clock, 0x12345678);
	return 0;
}

#endif /* ALIAS_KUNIT_TALK_H */
