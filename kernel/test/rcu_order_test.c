/* rcu_order_test.c: the full barriers between readers and grace periods, one pair at a time.
 * SPDX-License-Identifier: MIT
 *
 * In a whole grace period other barriers stand beside these by chance: locks, wake-ups. So each pair is
 * tried alone, where without it both sides see the old value every now and then.
 */
#include "kernel/base/quiescent.h"
#include "kernel/locking/rcu_rounds.h"
#include "kernel/test/litmus.h"
#include "kernel/test/lock_test.h"

#define ONE_CPU "one CPU sees its own accesses in order"

/* The updater's side of [A] and [G]: it has replaced the pointer, and asks for a round. */
static u64 replace_and_ask(struct litmus_cell *mine, struct litmus_cell *others)
{
	const struct rounds *rounds = (const struct rounds *)others;

	WRITE_ONCE(mine->words[0], 1);
	return rounds_snap(rounds) > 2; // It has seen the round, and waits for the next.
}

/* The other side: a round begins, and what it looks at comes after that. */
static u64 begin_and_look(struct litmus_cell *mine, struct litmus_cell *others)
{
	rounds_begin((struct rounds *)mine);
	return READ_ONCE(others->words[0]);
}

/* Who is served by a round is seen by it. */
TEST(rcu_round_sees_who_asked_before)
{
	static_assert(sizeof(struct rounds) <= sizeof(struct litmus_cell));
	if (num_online_cpus() < 2)
		SKIP(ONE_CPU);
	NEED_PARALLEL();
	litmus_expect_none(replace_and_ask, begin_and_look, litmus_both_old);
}

/* [H]: a CPU that was in no reader begins to work, and reads the pointer. Returns its count before, or, if
 * the pointer was new, more than any count. With preemption off nobody else changes the count. */
static u64 pass_and_read(struct litmus_cell *mine, struct litmus_cell *others)
{
	unsigned long seen;
	u64 before;

	preempt_disable();
	before = (u64)atomic64_read(&this_cpu()->quiescent);
	quiescent_pass();
	seen = READ_ONCE(others->words[0]);
	preempt_enable();
	return seen ? ~0ULL : before;
}

static u32 looked_at; /* the CPU of the former */

/* [G]: the pointer is replaced, a round begins, and looks at that CPU's count. */
static u64 replace_and_look(struct litmus_cell *mine, struct litmus_cell *others)
{
	struct rounds rounds = { 0 };

	WRITE_ONCE(mine->words[0], 1);
	rounds_begin(&rounds);
	return quiescent_read(looked_at);
}

static bool missed_reader(u64 before, u64 count)
{
	return before != ~0ULL && count <= before;
}

TEST(rcu_look_misses_no_reader)
{
	if (num_online_cpus() < 2)
		SKIP(ONE_CPU);
	NEED_PARALLEL();
	looked_at = test_cpu(0); // litmus_run() has its first side there.
	litmus_expect_none(pass_and_read, replace_and_look, missed_reader);
}
