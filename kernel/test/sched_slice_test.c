/* sched_slice_test.c: how threads that do not sleep share a CPU, or do not.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/sched_test.h"

#define SEVERAL_SLICES (4 * TIME_SLICE_NS)

/* ---- Equals, round robin --------------------------------------------------------------------------- */

#define RIVALS     3
#define TURNS_GOAL 3

static struct {
	u32 last;          /* [a] who ran last */
	u32 turns[RIVALS]; /* [a] how often each found that another had run before it */
	u32 rivals;
	u32 disturbed; /* [a] how often a better thread ran */
	u32 turn_from; /* `disturbed` when this turn began */
	u32 longest;   /* turn, in disturbances */
	atomic_t names;
} race;

static bool all_had_turns(u32 n)
{
	for (u32 i = 0; i < race.rivals; i++) {
		if (READ_ONCE(race.turns[i]) < n)
			return false;
	}
	return true;
}

/* A new turn: at first they are not all there, and how long that takes does not count. */
static void note_turn(u32 me)
{
	u32 now = READ_ONCE(race.disturbed);

	if (all_had_turns(1))
		race.longest = max(race.longest, now - race.turn_from);
	race.turn_from = now;
	WRITE_ONCE(race.last, me);
	WRITE_ONCE(race.turns[me], race.turns[me] + 1);
}

static int rival(void *unused)
{
	u32 me = (u32)atomic_inc_return(&race.names) - 1;

	EXPECT(SPIN_UNTIL(({
		if (READ_ONCE(race.last) != me)
			note_turn(me);
		all_had_turns(TURNS_GOAL);
	})));
	return 0;
}

/* Threads that never sleep, on one CPU: it is over when each has had several turns. */
static void race_run(u32 cpu, u32 rivals)
{
	struct actor actors[RIVALS];

	for (u32 i = 0; i < RIVALS; i++)
		race.turns[i] = 0;
	race.last = RIVALS;
	race.rivals = rivals;
	race.turn_from = race.longest = 0;
	atomic_set(&race.names, 0);
	for (u32 i = 0; i < rivals; i++)
		REQUIRE(actor_start(&actors[i], rival, NULL, cpu));
	for (u32 i = 0; i < rivals; i++)
		actor_join(&actors[i]);
}

TEST(sched_round_robin)
{
	race_run(test_cpu(0), RIVALS);
}

/* ---- The same with a better thread that runs often, and briefly ------------------------------------- */

#define DISTURB_US 1000

static int disturber(void *stop)
{
	sched_set_normal(current, -10);
	while (!READ_ONCE(*(bool *)stop)) {
		usleep_range(DISTURB_US, DISTURB_US);
		WRITE_ONCE(race.disturbed, race.disturbed + 1);
	}
	return 0;
}

/*
 * Who is preempted keeps its place and the rest of its turn; it does not get a new one. Between two
 * disturbances the one whose turn it is runs as long as the disturber sleeps; so a slice sees as many as
 * sleeps go into it. Three times that is not too strict for what is lost in between.
 */
TEST(sched_slice_outlasts_preemption)
{
	struct actor actor;
	bool stop = false;

	race.disturbed = 0;
	REQUIRE(actor_start(&actor, disturber, &stop, test_cpu(0)));
	race_run(test_cpu(0), 2);
	WRITE_ONCE(stop, true);
	actor_join(&actor);
	EXPECT(race.longest <= 3 * TIME_SLICE_NS / (DISTURB_US * NSEC_PER_USEC));
	test_note("the longest turn saw %u disturbances", race.longest);
}

/* ---- Who is not to share -------------------------------------------------------------------------- */

static void spin_for_several_slices(void *noter)
{
	noter_wake(noter);
	clock_delay_ns(SEVERAL_SLICES);
	EXPECT_EQ(noter_runs(noter), 0);
}

static void keep_off(int prio, int noter_prio)
{
	struct noter noter;
	u32 cpu = test_cpu(0);

	if (noter_start(&noter, cpu, noter_prio))
		run_at(cpu, prio, spin_for_several_slices, &noter);
	EXPECT(WAIT_UNTIL(noter_runs(&noter) == 1));
	noter_end(&noter);
}

TEST(sched_fifo_has_no_slices)
{
	keep_off(FIFO_MID, FIFO_MID);
}

TEST(sched_fifo_keeps_normal_off)
{
	keep_off(FIFO_LOW, DEFAULT_PRIO);
}

TEST(sched_nice_keeps_lower_off)
{
	keep_off(DEFAULT_PRIO - 1, DEFAULT_PRIO);
}

/* ---- yield() --------------------------------------------------------------------------------------- */

#define YIELDS 1000

static u32 turn; /* [a] counts the turns of both */

/* First-in-first-out, so that nothing but yield() lets the other one run. Returns turns out of turn. */
static int polite_thread(void *unused)
{
	u32 expected = READ_ONCE(turn);
	int out_of_turn = 0;

	for (u32 i = 0; i < YIELDS; i++) {
		out_of_turn += READ_ONCE(turn) != expected;
		expected = turn + 2;
		WRITE_ONCE(turn, turn + 1);
		yield();
	}
	return out_of_turn;
}

/* Better than both, and on their CPU: they start when this waits for them. */
static void start_polite_threads(void *unused)
{
	struct actor actors[2];

	for (u32 i = 0; i < 2; i++) {
		REQUIRE(actor_start(&actors[i], polite_thread, NULL, raw_smp_processor_id()));
		sched_set_prio(actors[i].task, FIFO_MID);
	}
	for (u32 i = 0; i < 2; i++)
		EXPECT_EQ(actor_join(&actors[i]), 0);
}

TEST(sched_yield_alternates)
{
	turn = 0;
	run_at(test_cpu(0), FIFO_HIGH, start_polite_threads, NULL);
	EXPECT_EQ(turn, 2 * YIELDS);
}
