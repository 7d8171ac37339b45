/* rcu_rounds.h: work that is done in rounds, each of which serves all who asked before it began.
 * SPDX-License-Identifier: MIT
 *
 *       seq   even   no round is under way; seq / 2 rounds have ended
 *             odd    one is
 *
 * Who comes while a round is under way may be too late for it, and needs the whole of the next one:
 *
 *       seq:   4 (idle)     5 (round)       6 (idle)     7 (round)       8 (idle)
 *              comes here: 6     comes here: 8                         may both go on
 *
 * One thread does the rounds; anybody asks and waits. A seq of 64 bits does not wrap.
 */
#pragma once

#include <arch/atomic.h>

/* [r] written by who does the rounds  [a] atomic */
struct rounds {
	unsigned long seq;    /* [r] see above */
	unsigned long wanted; /* [a] rounds are to be done until seq is this */
};

/*
 * rounds_snap - the cookie of who asks now: what seq is when a round has ended that began after this call.
 * rounds_done - whether seq has come so far; then what the round saw to be done is done for the caller.
 * rounds_want - have rounds done until @cookie is; the caller then wakes who does them.
 * Never sleep. Any context.
 */
static inline unsigned long rounds_snap(const struct rounds *rounds)
{
	// [A] pairs with [G] in rounds_begin(): the round that we wait for sees what we did before.
	smp_mb();
	return (READ_ONCE(rounds->seq) + 3) & ~1UL;
}

static inline bool rounds_done(const struct rounds *rounds, unsigned long cookie)
{
	// [D] pairs with [E] in rounds_end()
	return (long)(smp_load_acquire(&rounds->seq) - cookie) >= 0;
}

static inline void rounds_want(struct rounds *rounds, unsigned long cookie)
{
	unsigned long wanted = READ_ONCE(rounds->wanted);

	while ((long)(cookie - wanted) > 0 && !try_cmpxchg(&rounds->wanted, &wanted, cookie))
		;
}

/* For who does the rounds: is another one wanted; one is under way; it begins; it has ended. */
static inline bool rounds_wanted(const struct rounds *rounds)
{
	return !rounds_done(rounds, READ_ONCE(rounds->wanted));
}

static inline bool rounds_under_way(const struct rounds *rounds)
{
	return rounds->seq & 1;
}

static inline void rounds_begin(struct rounds *rounds)
{
	WRITE_ONCE(rounds->seq, rounds->seq + 1);
	// [G] pairs with [A] in rounds_snap(), and with [H] in quiescent_add()
	smp_mb();
}

static inline void rounds_end(struct rounds *rounds)
{
	smp_mb(); // [E] pairs with [D] in rounds_done()
	WRITE_ONCE(rounds->seq, rounds->seq + 1);
}
