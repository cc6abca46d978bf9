// SPDX-License-Identifier: GPL-2.0
/* Outside addresses and their ports: claims, releases, changes of the range,
 * the walk, the take-over of addresses by a new pool. After every random
 * operation the counts and the summary are what a recount gives.
 */

#include <kunit/test.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/prandom.h>

/* One task does everything here, with an instance that is only a name. */
#undef lockdep_assert_held
#define lockdep_assert_held(lock) ((void)(lock))
#undef lockdep_is_held
#define lockdep_is_held(lock) ((void)(lock), 1)

#include "../kmod/counters.c"
#include "../kmod/registry.c"
#include "../kmod/guard.c"
#include "../kmod/portblock.c"
#include "../kmod/ports.c"
#include "../kmod/pool.c"

unsigned int alias_net_id;
static struct alias_instance owner = { .name = "owner" };

static int begin(struct kunit_suite *suite)
{
	return alias_ports_cache_create();
}

static void end(struct kunit_suite *suite)
{
	alias_ports_cache_destroy();
}

static int hold(struct kunit *test)
{
	owner.holder = current;
	return 0;
}

#define FIRST	0xc6336480u	/* 198.51.100.128 */

static void destroy(void *pool)
{
	alias_pool_destroy(pool, NULL);
}

static struct alias_pool *pool_of(struct kunit *test, struct alias_range *range,
				  unsigned int nr_ranges, u16 min, u16 max)
{
	struct alias_pool_config config = {
		.port_min = min,
		.port_max = max,
		.nr_ranges = nr_ranges,
		.range = range,
	};
	struct alias_pool *pool = alias_pool_create(&owner, &config, NULL);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	return pool;
}

/* The ports of one address, which go with the case. */
static struct alias_ports *ports_of_space(struct kunit *test, enum alias_space space, u16 min,
					  u16 max)
{
	struct alias_range range = { FIRST, FIRST };
	struct alias_pool *pool = pool_of(test, &range, 1, min, max);

	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy, pool), 0);
	return &pool->address[0]->ports[space];
}

static struct alias_ports *ports_of_one(struct kunit *test, u16 min, u16 max)
{
	return ports_of_space(test, ALIAS_SPACE_UDP, min, max);
}

static bool is_used(const struct alias_ports *ports, unsigned int port)
{
	return block_used(ports, port / 64) >> port % 64 & 1;
}

static void release_all(struct alias_ports *ports)
{
	unsigned int port;

	for (port = 0; port < 65536; port++)
		if (is_used(ports, port))
			alias_ports_release(ports, port);
}

/* Everything that is kept beside the bitmap, counted from the bitmap. */
static void recount(struct kunit *test, const struct alias_ports *ports)
{
	unsigned int block, bit, used = 0, free = 0;

	for (block = 0; block < ALIAS_PORTBLOCKS; block++) {
		u64 word = block_used(ports, block);
		unsigned int free_here = 0;

		KUNIT_ASSERT_EQ(test, !word, !block_of(ports, block));
		if (block * 64 + 63 >= ports->min && block * 64 <= ports->max)
			for (bit = 0; bit < 64; bit++)
				free_here += !(word >> bit & 1) && block * 64 + bit >= ports->min &&
					     block * 64 + bit <= ports->max;
		used += hweight64(word);
		free += free_here;
		KUNIT_ASSERT_EQ_MSG(test, !!test_bit(block, ports->full), !free_here, "block %u",
				    block);
	}
	KUNIT_ASSERT_EQ(test, ports->used, used);
	KUNIT_ASSERT_EQ(test, ports->free, free);
}

struct range_case {
	const char *name;
	u16 min;
	u16 max;
};

static const struct range_case range_cases[] = {
	{ "one_port", 5000, 5000 },
	{ "two_blocks_by_halves", 1055, 1120 },
	{ "one_block", 1024, 1087 },
	{ "first_ports", 1, 100 },
	{ "last_ports", 65400, 65535 },
	{ "cgn_default", 1024, 65535 },
};

static void range_name(const struct range_case *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(range, range_cases, range_name);

static void exhaustion_gives_every_port_exactly_once(struct kunit *test)
{
	const struct range_case *row = test->param_value;
	struct alias_ports *ports = ports_of_one(test, row->min, row->max);
	unsigned int size = row->max - row->min + 1, n;
	unsigned long *given = kunit_kzalloc(test, 65536 / 8, GFP_KERNEL);
	int port;

	KUNIT_ASSERT_NOT_NULL(test, given);
	for (n = 0; n < size; n++) {
		port = alias_ports_claim(ports, 0, false);
		KUNIT_ASSERT_GE(test, port, (int)row->min);
		KUNIT_ASSERT_LE(test, port, (int)row->max);
		KUNIT_ASSERT_FALSE_MSG(test, __test_and_set_bit(port, given), "port %d", port);
		KUNIT_ASSERT_EQ(test, ports->free, size - n - 1);
	}
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 0, false), -ENOSPC);
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, row->min, true), -ENOSPC);
	recount(test, ports);

	alias_ports_release(ports, row->max);
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 0, false), (int)row->max);
	release_all(ports);
	recount(test, ports);
	KUNIT_EXPECT_EQ(test, ports->free, size);
}

static void a_wanted_port_is_given_or_none(struct kunit *test)
{
	struct alias_ports *ports = ports_of_one(test, 1024, 2000);
	static const u16 outside[] = { 0, 1, 1023, 2001, 65535 };
	unsigned int n;

	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 1024, true), 1024);
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 2000, true), 2000);
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 1500, true), 1500);
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 1500, true), -ENOSPC);
	for (n = 0; n < ARRAY_SIZE(outside); n++)
		KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, outside[n], true), -ENOSPC);
	recount(test, ports);
	alias_ports_release(ports, 1500);
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, 1500, true), 1500);
	release_all(ports);
}

static void a_port_finds_what_was_published(struct kunit *test)
{
	struct alias_ports *ports = ports_of_one(test, 1024, 65535);
	struct alias_link *link = (void *)0x1000;	/* compared, never followed */

	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, alias_ports_find(ports, 4000));
	KUNIT_ASSERT_EQ(test, alias_ports_claim(ports, 4000, true), 4000);
	KUNIT_EXPECT_NULL(test, alias_ports_find(ports, 4000));
	alias_ports_publish(ports, 4000, link);
	KUNIT_EXPECT_PTR_EQ(test, alias_ports_find(ports, 4000), link);
	KUNIT_EXPECT_NULL(test, alias_ports_find(ports, 4001));
	KUNIT_EXPECT_NULL(test, alias_ports_find(ports, 4000 + 64));
	alias_ports_publish(ports, 4000, NULL);
	KUNIT_EXPECT_NULL(test, alias_ports_find(ports, 4000));
	alias_ports_release(ports, 4000);
	KUNIT_EXPECT_NULL(test, alias_ports_find(ports, 4000));
	rcu_read_unlock();
}

/* RFC 6888 REQ-15, RFC 7857 section 9, RFC 6056: an attacker must not guess the next
 * port from the last.
 */
static void ports_are_not_sequential(struct kunit *test)
{
	struct alias_ports *ports = ports_of_one(test, 1024, 65535);
	unsigned int n, near = 0, low = 0;
	int port, last = 0;

	for (n = 0; n < 2000; n++) {
		port = alias_ports_claim(ports, 0, false);
		KUNIT_ASSERT_GT(test, port, 0);
		near += abs(port - last) <= 64;
		low += port < 1024 + (65536 - 1024) / 2;
		last = port;
	}
	/* By chance 4 of 2000 lie so near; 100 is out of the question, and so is
	 * 1000 +- 250 (eleven standard deviations) for the lower half.
	 */
	KUNIT_EXPECT_LT(test, near, 100u);
	KUNIT_EXPECT_GT(test, low, 750u);
	KUNIT_EXPECT_LT(test, low, 1250u);
	release_all(ports);
}

struct place_case {
	const char *name;
	enum alias_space space;
	u16 base;	/* the lowest of PLACE_PORTS ports */
};

#define PLACE_PORTS	500

static const struct place_case place_cases[] = {
	{ "middle", ALIAS_SPACE_UDP, 900 },
	{ "first_block", ALIAS_SPACE_UDP, 1 },
	{ "last_block", ALIAS_SPACE_TCP, 65536 - PLACE_PORTS },
	{ "protocols_without_ports", ALIAS_SPACE_OTHER, 1 },
};

static void place_name(const struct place_case *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(place, place_cases, place_name);

static u16 random_port(const struct place_case *place, struct rnd_state *rnd)
{
	return place->base + prandom_u32_state(rnd) % PLACE_PORTS;
}

static void random_operation(struct kunit *test, struct alias_ports *ports, struct rnd_state *rnd)
{
	const struct place_case *place = test->param_value;
	u16 port = random_port(place, rnd), other;
	bool was_free = port >= ports->min && port <= ports->max && !is_used(ports, port);
	bool any = ports->free;
	int got;

	switch (prandom_u32_state(rnd) % 8) {
	case 0:
		other = random_port(place, rnd);
		alias_ports_set_range(ports, min(port, other), max(port, other));
		break;
	case 1:
		if (port % 16 == 0)
			alias_ports_set_range(ports, 1, 0);
		break;
	case 2:
	case 3:
		if (is_used(ports, port))
			alias_ports_release(ports, port);
		break;
	case 4:
		got = alias_ports_claim(ports, port, true);
		KUNIT_ASSERT_EQ(test, got, was_free ? port : -ENOSPC);
		break;
	default:
		got = alias_ports_claim(ports, 0, false);
		KUNIT_ASSERT_EQ(test, got >= 0, any);
		KUNIT_ASSERT_TRUE(test, got < 0 || (got >= ports->min && got <= ports->max));
	}
}

static void counts_and_summary_after_random_operations(struct kunit *test)
{
	const struct place_case *place = test->param_value;
	struct alias_ports *ports = ports_of_space(test, place->space, place->base + 100,
						   place->base + 400);
	struct rnd_state rnd;
	unsigned int n;

	prandom_seed_state(&rnd, 6);
	for (n = 0; n < 1000; n++) {
		random_operation(test, ports, &rnd);
		recount(test, ports);
	}
	release_all(ports);
	recount(test, ports);
}

/* A port with a link behind it, whatever the link. */
static void take(struct kunit *test, struct alias_ports *ports, u16 port)
{
	KUNIT_EXPECT_EQ(test, alias_ports_claim(ports, port, true), (int)port);
	alias_ports_publish(ports, port, (void *)&owner);
}

static void a_range_strands_the_links_outside_it(struct kunit *test)
{
	struct alias_range range = { FIRST, FIRST };
	struct alias_pool *pool = pool_of(test, &range, 1, 1024, 65535);
	struct alias_address *address = pool->address[0];

	KUNIT_EXPECT_FALSE(test, alias_address_strands(address, 1, 0));
	take(test, &address->ports[0], 2000);
	KUNIT_EXPECT_FALSE(test, alias_address_strands(address, 1024, 65535));
	KUNIT_EXPECT_FALSE(test, alias_address_strands(address, 2000, 2000));
	KUNIT_EXPECT_TRUE(test, alias_address_strands(address, 2001, 65535));
	KUNIT_EXPECT_TRUE(test, alias_address_strands(address, 1024, 1999));
	KUNIT_EXPECT_TRUE(test, alias_address_strands(address, 1, 0));
	take(test, &address->ports[2], 65535);
	KUNIT_EXPECT_FALSE(test, alias_address_strands(address, 2000, 65535));
	KUNIT_EXPECT_TRUE(test, alias_address_strands(address, 2000, 65534));
	release_all(&address->ports[0]);
	release_all(&address->ports[2]);
	/* What was set aside is behind no port, and nobody can flush it. */
	take(test, &address->ports[1], 2001);
	alias_ports_publish(&address->ports[1], 2001, NULL);
	KUNIT_EXPECT_FALSE(test, alias_address_strands(address, 1, 0));
	/* The range of ports says nothing of protocols that have none. */
	take(test, &address->ports[ALIAS_SPACE_OTHER], 50);
	KUNIT_EXPECT_FALSE(test, alias_address_strands(address, 1024, 65535));
	KUNIT_EXPECT_TRUE(test, alias_address_strands(address, 1, 0));
	release_all(&address->ports[ALIAS_SPACE_OTHER]);
	release_all(&address->ports[1]);
	alias_pool_destroy(pool, NULL);
}

static void every_address_is_found_and_no_other(struct kunit *test)
{
	struct alias_range range[] = { { 10, 10 }, { 12, 15 }, { 0x7fffffff, 0x80000001 },
				       { 0xdfffffff, 0xdfffffff } };
	static const u32 missing[] = { 0, 9, 11, 16, 0x7ffffffe, 0x80000002, 0xdffffffe,
				       0xe0000000, 0xffffffff };
	struct alias_pool *pool = pool_of(test, range, ARRAY_SIZE(range), 1024, 65535);
	unsigned int n, r, found = 0;
	u32 host;

	KUNIT_EXPECT_EQ(test, pool->nr_addresses, 9u);
	for (r = 0; r < ARRAY_SIZE(range); r++) {
		for (host = range[r].first; host <= range[r].last; host++, found++) {
			struct alias_address *address = alias_pool_find(pool, htonl(host));

			KUNIT_ASSERT_NOT_NULL(test, address);
			KUNIT_EXPECT_EQ(test, ntohl(address->addr), host);
			KUNIT_EXPECT_PTR_EQ(test, address, pool->address[found]);
		}
	}
	for (n = 0; n < ARRAY_SIZE(missing); n++)
		KUNIT_EXPECT_NULL(test, alias_pool_find(pool, htonl(missing[n])));
	alias_pool_destroy(pool, NULL);
}

static void the_size_of_a_configuration_cannot_overflow(struct kunit *test)
{
	struct alias_range all[] = { { 0, 0xffffffff } };
	struct alias_range two[] = { { 1, 1 }, { 3, 5 } };
	struct alias_pool_config config = { .nr_ranges = 1, .range = all };

	KUNIT_EXPECT_EQ(test, alias_pool_range_size(&config), UINT_MAX);
	config = (struct alias_pool_config){ .nr_ranges = 2, .range = two };
	KUNIT_EXPECT_EQ(test, alias_pool_range_size(&config), 4u);
}

struct place {
	u32 addr;
	u16 space;
	u16 port;
};

/* In the order of the walk. */
static const struct place places[] = {
	{ 10, 0, 1024 }, { 10, 0, 65535 }, { 10, 2, 1024 }, { 12, 1, 1100 }, { 12, 1, 1200 },
	{ 15, 0, 30000 }, { 0x80000001, 2, 65500 },
};

static void the_walk_gives_each_block_once_and_in_order(struct kunit *test)
{
	struct alias_range range[] = { { 10, 10 }, { 12, 15 }, { 0x7fffffff, 0x80000001 } };
	struct alias_pool *pool = pool_of(test, range, ARRAY_SIZE(range), 1024, 65535);
	struct alias_cursor cursor = {};
	unsigned int n;

	KUNIT_EXPECT_NULL(test, alias_pool_next_block(pool, &cursor));
	for (n = 0; n < ARRAY_SIZE(places); n++) {
		struct alias_address *address = alias_pool_find(pool, htonl(places[n].addr));

		KUNIT_ASSERT_EQ(test, alias_ports_claim(&address->ports[places[n].space],
							places[n].port, true), places[n].port);
	}
	cursor = (struct alias_cursor){};
	for (n = 0; n < ARRAY_SIZE(places); n++, cursor.block++) {
		KUNIT_ASSERT_NOT_NULL(test, alias_pool_next_block(pool, &cursor));
		KUNIT_EXPECT_EQ(test, cursor.addr, places[n].addr);
		KUNIT_EXPECT_EQ(test, cursor.space, places[n].space);
		KUNIT_EXPECT_EQ(test, cursor.block, places[n].port / 64);
	}
	KUNIT_EXPECT_NULL(test, alias_pool_next_block(pool, &cursor));

	for (n = 0; n < ARRAY_SIZE(places); n++)
		alias_ports_release(&alias_pool_find(pool, htonl(places[n].addr))
				    ->ports[places[n].space], places[n].port);
	alias_pool_destroy(pool, NULL);
}

static void the_walk_goes_on_where_an_address_is_gone(struct kunit *test)
{
	struct alias_range range[] = { { 10, 10 }, { 20, 20 } };
	struct alias_pool *pool = pool_of(test, range, ARRAY_SIZE(range), 1024, 65535);
	struct alias_ports *ports = &pool->address[1]->ports[0];
	struct alias_cursor cursor = { .addr = 15, .space = 2, .block = 1000 };

	KUNIT_ASSERT_EQ(test, alias_ports_claim(ports, 1024, true), 1024);
	KUNIT_EXPECT_NOT_NULL(test, alias_pool_next_block(pool, &cursor));
	KUNIT_EXPECT_EQ(test, cursor.addr, 20u);
	KUNIT_EXPECT_EQ(test, cursor.space, 0);
	KUNIT_EXPECT_EQ(test, cursor.block, 1024 / 64);
	cursor = (struct alias_cursor){ .addr = 21 };
	KUNIT_EXPECT_NULL(test, alias_pool_next_block(pool, &cursor));
	alias_ports_release(ports, 1024);
	alias_pool_destroy(pool, NULL);
}

static void the_walk_ends_at_the_highest_address(struct kunit *test)
{
	struct alias_range range[] = { { 0xfffffffe, 0xffffffff } };
	struct alias_pool *pool = pool_of(test, range, 1, 1, 65535);
	struct alias_ports *ports = &pool->address[1]->ports[ALIAS_SPACE_ICMP];
	struct alias_cursor cursor = {};

	KUNIT_ASSERT_EQ(test, alias_ports_claim(ports, 65535, true), 65535);
	KUNIT_EXPECT_NOT_NULL(test, alias_pool_next_block(pool, &cursor));
	KUNIT_EXPECT_EQ(test, cursor.addr, 0xffffffffu);
	cursor.block++;
	KUNIT_EXPECT_NULL(test, alias_pool_next_block(pool, &cursor));
	alias_ports_release(ports, 65535);
	alias_pool_destroy(pool, NULL);
}

static void a_new_pool_takes_over_the_addresses_that_stay(struct kunit *test)
{
	struct alias_range before[] = { { 10, 14 } }, after[] = { { 9, 10 }, { 13, 15 } };
	struct alias_pool *old = pool_of(test, before, 1, 1024, 65535), *new;
	struct alias_pool_config config = {
		.port_min = 2000, .port_max = 3000, .nr_ranges = 2, .range = after,
	};
	struct alias_ports *kept = &alias_pool_find(old, htonl(13))->ports[0];

	KUNIT_ASSERT_EQ(test, alias_ports_claim(kept, 2500, true), 2500);
	new = alias_pool_create(&owner, &config, old);
	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_EXPECT_EQ(test, new->nr_addresses, 5u);
	KUNIT_EXPECT_PTR_EQ(test, alias_pool_find(new, htonl(10)), old->address[0]);
	KUNIT_EXPECT_PTR_EQ(test, alias_pool_find(new, htonl(13)), old->address[3]);
	KUNIT_EXPECT_PTR_EQ(test, alias_pool_find(new, htonl(14)), old->address[4]);
	KUNIT_EXPECT_NULL(test, alias_pool_find(new, htonl(11)));
	KUNIT_EXPECT_EQ(test, alias_pool_find(new, htonl(9))->ports[0].free, 1001u);
	/* The caller decides when the range of those that stay changes. */
	KUNIT_EXPECT_EQ(test, kept->min, 1024);

	alias_pool_destroy(old, new);
	KUNIT_EXPECT_PTR_EQ(test, &alias_pool_find(new, htonl(13))->ports[0], kept);
	alias_ports_release(kept, 2500);
	alias_pool_destroy(new, NULL);
}

static void a_pool_that_is_not_taken_leaves_the_old_one_whole(struct kunit *test)
{
	struct alias_range before[] = { { 10, 14 } }, after[] = { { 9, 10 }, { 13, 15 } };
	struct alias_pool *old = pool_of(test, before, 1, 1024, 65535), *new;
	struct alias_pool_config config = {
		.port_min = 2000, .port_max = 3000, .nr_ranges = 2, .range = after,
	};
	unsigned int n;

	new = alias_pool_create(&owner, &config, old);
	KUNIT_ASSERT_NOT_NULL(test, new);
	alias_pool_destroy(new, old);
	/* KASAN would see it if one of them had been freed. */
	for (n = 0; n < old->nr_addresses; n++)
		KUNIT_EXPECT_EQ(test, ntohl(old->address[n]->addr), 10 + n);
	alias_pool_destroy(old, NULL);
}

/* As when memory runs out in the middle of alias_pool_create(). */
static void a_pool_made_half_way_is_freed(struct kunit *test)
{
	struct alias_range range[] = { { 10, 14 } };
	struct alias_pool_config config = {
		.port_min = 1, .port_max = 9, .nr_ranges = 1, .range = range,
	};
	struct alias_pool *old = pool_of(test, range, 1, 1, 9), *pool;

	pool = pool_alloc(&owner, &config);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	pool->address[0] = address_create(&owner, 10, &config);
	KUNIT_EXPECT_NOT_NULL(test, pool->address[0]);
	alias_pool_destroy(pool, NULL);

	pool = pool_alloc(&owner, &config);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	pool->address[0] = old->address[0];
	alias_pool_destroy(pool, old);
	KUNIT_EXPECT_EQ(test, ntohl(old->address[0]->addr), 10u);
	alias_pool_destroy(old, NULL);
}

static void the_configuration_is_copied(struct kunit *test)
{
	struct alias_range range[] = { { 10, 14 } };
	struct alias_pool *pool = pool_of(test, range, 1, 1024, 65535);

	range[0].first = 13;
	KUNIT_EXPECT_EQ(test, pool->config.range[0].first, 10u);
	KUNIT_EXPECT_NOT_NULL(test, alias_pool_find(pool, htonl(10)));
	alias_pool_destroy(pool, NULL);
}

static void a_full_address_is_not_chosen_beside_a_free_one(struct kunit *test)
{
	struct alias_range range[] = { { 10, 11 } };
	struct alias_pool *pool = pool_of(test, range, 1, 1024, 65535);
	struct alias_address *a = pool->address[0], *b = pool->address[1];

	a->subscribers = 5;
	b->subscribers = 1;
	KUNIT_EXPECT_PTR_EQ(test, better(a, b, ALIAS_SPACE_TCP), b);
	KUNIT_EXPECT_PTR_EQ(test, better(b, a, ALIAS_SPACE_TCP), b);
	b->ports[ALIAS_SPACE_TCP].free = 0;
	KUNIT_EXPECT_PTR_EQ(test, better(a, b, ALIAS_SPACE_TCP), a);
	KUNIT_EXPECT_PTR_EQ(test, better(b, a, ALIAS_SPACE_TCP), a);
	KUNIT_EXPECT_PTR_EQ(test, better(a, b, ALIAS_SPACE_UDP), b);
	alias_pool_destroy(pool, NULL);
}

static void subscribers_spread_evenly(struct kunit *test)
{
	struct alias_range range[] = { { FIRST, FIRST + 31 } };
	struct alias_pool *pool = pool_of(test, range, 1, 1024, 65535);
	unsigned int n, most = 0, least = UINT_MAX;

	for (n = 0; n < 32 * 100; n++)
		alias_pool_choose(pool, ALIAS_SPACE_TCP)->subscribers++;
	for (n = 0; n < 32; n++) {
		most = max(most, pool->address[n]->subscribers);
		least = min(least, pool->address[n]->subscribers);
	}
	/* 100 each; one random choice alone would spread over about 80 to 120. */
	KUNIT_EXPECT_LE(test, most, 110u);
	KUNIT_EXPECT_GE(test, least, 85u);
	alias_pool_destroy(pool, NULL);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(exhaustion_gives_every_port_exactly_once, range_gen_params),
	KUNIT_CASE(a_wanted_port_is_given_or_none),
	KUNIT_CASE(a_port_finds_what_was_published),
	KUNIT_CASE(ports_are_not_sequential),
	KUNIT_CASE_PARAM(counts_and_summary_after_random_operations, place_gen_params),
	KUNIT_CASE(a_range_strands_the_links_outside_it),
	KUNIT_CASE(every_address_is_found_and_no_other),
	KUNIT_CASE(the_size_of_a_configuration_cannot_overflow),
	KUNIT_CASE(the_walk_gives_each_block_once_and_in_order),
	KUNIT_CASE(the_walk_goes_on_where_an_address_is_gone),
	KUNIT_CASE(the_walk_ends_at_the_highest_address),
	KUNIT_CASE(a_new_pool_takes_over_the_addresses_that_stay),
	KUNIT_CASE(a_pool_that_is_not_taken_leaves_the_old_one_whole),
	KUNIT_CASE(a_pool_made_half_way_is_freed),
	KUNIT_CASE(the_configuration_is_copied),
	KUNIT_CASE(a_full_address_is_not_chosen_beside_a_free_one),
	KUNIT_CASE(subscribers_spread_evenly),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "alias_pool",
	.suite_init = begin,
	.suite_exit = end,
	.init = hold,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: outside addresses and ports");
