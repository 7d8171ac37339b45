/* scenario_moves.c: what a search would miss that leaves out more moves than it may (moves.c).
 * SPDX-License-Identifier: MIT
 */
#include <arch/barrier.h>
#include <arch/cmpxchg.h>

#include "kernel/explore/explore.h"
#include "kernel/explore/thread.h"

static u32 x, y, filled[STORES_MAX - 1];
static u32 seen[2]; /* by each thread */

static void moves_setup(void)
{
	x = y = 0;
	seen[0] = seen[1] = ~0U;
	for (u32 i = 0; i < ARRAY_SIZE(filled); i++)
		filled[i] = 0;
}

/* ---- Of two stores that are delayed one becomes visible, and a reader comes before the other ---- */

static void store_two_or_read(u32 thread)
{
	if (thread == 0) {
		WRITE_ONCE(x, 1);
		WRITE_ONCE(y, 1);
		WRITE_ONCE(seen[0], 0);
		return;
	}
	explore_assert(!READ_ONCE(x) || READ_ONCE(y));
}

SCENARIO(moves_in_turn, 2, .about = "two stores, and a reader between them", .broken = true,
	 .setup = moves_setup, .run = store_two_or_read, .watch = { WATCH(x), WATCH(y) });

/* ---- Two stores to the same datum: the later one to be made may become visible first ---- */

static void store_over(u32 thread)
{
	u32 read;

	if (thread == 0) {
		WRITE_ONCE(y, 1);
		WRITE_ONCE(x, 1);
		return;
	}
	WRITE_ONCE(x, 2);
	read = READ_ONCE(y);
	smp_mb();
	WRITE_ONCE(seen[1], read);
}

static bool later_stays(void)
{
	return seen[1] || x == 1;
}

SCENARIO(moves_over, 2, .about = "two stores to one datum, both delayed", .needs_fence = true,
	 .setup = moves_setup, .run = store_over, .check = later_stays,
	 .watch = { WATCH(x), WATCH(y), WATCH(seen) });

/* ---- There is room for a store as soon as one of those before it is visible ---- */

static void store_one_too_many(u32 thread)
{
	u32 read;

	if (thread == 0) {
		for (u32 i = 0; i < ARRAY_SIZE(filled); i++)
			WRITE_ONCE(filled[i], 1);
		WRITE_ONCE(x, 1);
		WRITE_ONCE(filled[0], 2);
		read = READ_ONCE(y);
	} else {
		WRITE_ONCE(y, 1);
		smp_mb();
		read = READ_ONCE(x);
	}
	WRITE_ONCE(seen[thread], read);
}

static bool one_has_seen(void)
{
	return seen[0] || seen[1];
}

SCENARIO(moves_room, 2, .about = "one store more than there is room for", .needs_fence = true,
	 .setup = moves_setup, .run = store_one_too_many, .check = one_has_seen,
	 .watch = { WATCH(x), WATCH(y), WATCH(seen) });

/* ---- What holds in every state, though nobody looks ---- */

static void store_one_each(u32 thread)
{
	if (thread == 0)
		WRITE_ONCE(x, 1);
	else
		xchg(&y, 1);
}

static bool x_is_last(void)
{
	return !x || y;
}

SCENARIO(moves_hold, 2, .about = "nobody looks at what must hold", .broken = true,
	 .setup = moves_setup, .run = store_one_each, .holds = x_is_last,
	 .watch = { WATCH(x), WATCH(y) });

/* ---- A handler comes between two stores of its own CPU ---- */

static void store_both(u32 thread)
{
	WRITE_ONCE(x, 1);
	WRITE_ONCE(y, 1);
	WRITE_ONCE(seen[0], 0);
}

static void read_both(u32 thread)
{
	explore_assert(!READ_ONCE(x) || READ_ONCE(y));
}

SCENARIO(moves_interrupted, 1, .about = "a handler between two stores", .broken = true,
	 .setup = moves_setup, .run = store_both, .interrupt = read_both,
	 .watch = { WATCH(x), WATCH(y) });

/* ---- A store waits for its frame to go, and for the next one to come ---- */

static u64 *lent;
static u32 covered, given;

static void lent_setup(void)
{
	moves_setup();
	lent = NULL;
	covered = given = 0;
}

static noinline void lend(void)
{
	u64 mine[16], *middle = &mine[8];

	asm volatile("" : "+r"(middle));
	WRITE_ONCE(lent, middle);
	xchg(&lent, NULL);
}

/* Where the other frame was, of which nothing is used here. */
static noinline void cover(void)
{
	u64 mine[32];

	asm volatile("" ::"r"(mine) : "memory");
	WRITE_ONCE(covered, 1);
	while (!READ_ONCE(given))
		cpu_relax();
}

static void lend_and_go_on(u32 thread)
{
	u64 *mine;

	if (thread == 0) {
		lend();
		WRITE_ONCE(x, 1);
		cover();
		return;
	}
	mine = READ_ONCE(lent);
	if (mine)
		WRITE_ONCE(*mine, 1);
	while (!READ_ONCE(covered))
		cpu_relax();
	xchg(&given, 1);
}

SCENARIO(moves_frame, 2, .about = "a store to a frame that goes, and is covered by another",
	 .broken = true, .setup = lent_setup, .run = lend_and_go_on,
	 .watch = { WATCH(lent), WATCH(covered), WATCH(given) });
