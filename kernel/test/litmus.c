/* litmus.c: two CPUs that meet within a few instructions, ten thousand times.
 * SPDX-License-Identifier: MIT
 *
 * The spin loop here has no cpu_relax(): it would move the two CPUs apart, and it would stop the
 * compiler, as only the barrier under test should.
 */
#include "kernel/test/litmus.h"

#include <arch/barrier.h>

#include "kernel/core/vmalloc.h"
#include "kernel/test/lock_test.h"

#define TIME_LIMIT_NS (300 * NSEC_PER_MSEC) /* with virtual CPUs that are away a round takes long */

struct side {
	unsigned int round __aligned(64);        /* the round it is ready for */
	struct litmus_cell cells[LITMUS_ROUNDS]; /* its words in each round */
	u64 seen[LITMUS_ROUNDS];                 /* what its accesses returned */
	unsigned int rounds;                     /* made, in the end */
	struct side *other;
	unsigned int stride; /* see stagger() */
	u64 deadline;
	litmus_access access;
};

bool litmus_go_on(unsigned int round, u64 deadline)
{
	return round < LITMUS_ROUNDS && (round < LITMUS_MIN_ROUNDS || clock_ns() < deadline);
}

bool litmus_both_old(u64 a, u64 b)
{
	return !a && !b;
}

/* Both leave this within a few instructions, most of the time. The last round is agreed on here: who
 * ends says so by a round that is never reached. */
static bool meet(struct side *side, unsigned int round)
{
	unsigned int other;

	if (!litmus_go_on(round, side->deadline)) {
		WRITE_ONCE(side->round, LITMUS_ROUNDS + 1);
		return false;
	}
	WRITE_ONCE(side->round, round + 1);
	while (other = READ_ONCE(side->other->round), other <= round)
		;
	return other <= LITMUS_ROUNDS;
}

/* One of the two leaves first, by the time that a word takes from CPU to CPU. Make up for that: wait for
 * a moment that is another for each side and round, until all pairs of moments have been tried. */
#define MOMENTS 64

static void stagger(const struct side *side, unsigned int round)
{
	for (unsigned int i = round / side->stride % MOMENTS; i > 0; i--)
		barrier();
}

static int store_and_look(void *arg)
{
	struct side *side = arg;
	unsigned int round = 0;

	while (meet(side, round)) {
		stagger(side, round);
		side->seen[round] = side->access(&side->cells[round], &side->other->cells[round]);
		round++;
	}
	side->rounds = round;
	return 0;
}

static void side_init(struct side *side, struct side *other, unsigned int stride,
		      litmus_access access, u64 deadline)
{
	side->other = other;
	side->stride = stride;
	side->access = access;
	side->deadline = deadline;
}

unsigned int litmus_run(litmus_access access_a, litmus_access access_b, bool (*wrong)(u64 a, u64 b),
			unsigned int *rounds)
{
	u64 deadline = clock_ns() + TIME_LIMIT_NS;
	struct side *a = vzalloc(2 * sizeof(*a)), *b;
	struct actor on_a, on_b;
	unsigned int found = 0;

	*rounds = 0;
	if (!EXPECT(a))
		return 0;
	b = a + 1;
	side_init(a, b, 1, access_a, deadline);
	side_init(b, a, MOMENTS, access_b, deadline);
	actor_start(&on_a, store_and_look, a, test_cpu(0));
	actor_start(&on_b, store_and_look, b, test_cpu(1));
	actor_join(&on_a);
	actor_join(&on_b);
	*rounds = min(a->rounds, b->rounds);
	for (unsigned int i = 0; i < *rounds; i++)
		found += wrong(a->seen[i], b->seen[i]);
	vfree(a);
	return found;
}

void litmus_expect_none(litmus_access a, litmus_access b, bool (*wrong)(u64 a, u64 b))
{
	unsigned int rounds;

	EXPECT_EQ(litmus_run(a, b, wrong, &rounds), 0);
	EXPECT(rounds >=
	       LITMUS_MIN_ROUNDS - 1); // One may not have seen the other begin the last one.
}
