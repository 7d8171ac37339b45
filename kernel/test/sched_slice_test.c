/* sched_slice_test.c: how threads that do not sleep share a CPU, or do not.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/sched_test.h"

#define SEVERAL_SLICES (4 * TIME_SLICE_NS)

/* ---- Equals, round robin --------------------------------------------------------------------------- */

#define RIVALS     3
#define TURNS_GOAL 3

static struct {
	struct task_struct *task[RIVALS];
	u32 last;          /* [a] who ran last */
	u32 turns[RIVALS]; /* [a] how often each found that another had run before it */
	u32 rivals;
	u32 wanted; /* [I] how often the disturber is to see a slice in use, */
	u32 grown;  /* [a] and has */
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

static bool race_is_over(void)
{
	return all_had_turns(TURNS_GOAL) && READ_ONCE(race.grown) >= race.wanted;
}

static int rival(void *unused)
{
	u32 me = (u32)atomic_inc_return(&race.names) - 1;

	race.task[me] = current;
	EXPECT(SPIN_UNTIL(({
		if (READ_ONCE(race.last) != me) {
			WRITE_ONCE(race.last, me);
			WRITE_ONCE(race.turns[me], race.turns[me] + 1);
		}
		race_is_over();
	})));
	return 0;
}

/* Threads that never sleep, on one CPU: it is over when each has had several turns, and the disturber has
 * seen what it is there for as often as @wanted. */
static void race_run(u32 cpu, u32 rivals, u32 wanted)
{
	struct actor actors[RIVALS];

	for (u32 i = 0; i < RIVALS; i++)
		race.turns[i] = 0;
	race.last = RIVALS;
	race.rivals = rivals;
	race.wanted = wanted;
	race.grown = 0;
	atomic_set(&race.names, 0);
	for (u32 i = 0; i < rivals; i++)
		REQUIRE(actor_start(&actors[i], rival, NULL, cpu));
	for (u32 i = 0; i < rivals; i++)
		actor_join(&actors[i]);
}

TEST(sched_round_robin)
{
	race_run(test_cpu(0), RIVALS, 0);
}

/* ---- The same with a better thread that runs often, and briefly ------------------------------------- */

#define LOOKS_GOAL 20

/* What the better thread sees of the one that ran last. */
struct glimpse {
	u32 who;
	u64 others_runs; /* how often the other one has lost the CPU */
	u64 used;        /* of its slice; 0: its turn was over */
};

static struct glimpse look_at_preempted(void)
{
	u32 who = READ_ONCE(race.last);
	const struct task_struct *other = race.task[1 - who];

	return (struct glimpse){ .who = who,
				 .others_runs = READ_ONCE(other->nvcsw) + READ_ONCE(other->nivcsw),
				 .used = READ_ONCE(race.task[who]->slice_used) };
}

/* As long as the other one did not come to run, be it for a moment too short to note its turn, this is one
 * turn: what is used of its slice grows, until it is over. It need not grow each time, as the clock may stand
 * still for some microseconds. */
static void expect_same_slice(const struct glimpse *before, const struct glimpse *now)
{
	if (now->who != before->who || now->others_runs != before->others_runs)
		return;
	EXPECT(now->used == 0 || now->used >= before->used);
	if (before->used && now->used > before->used)
		WRITE_ONCE(race.grown, race.grown + 1);
}

static int disturber(void *stop)
{
	struct glimpse before = { .who = RIVALS }, now;
	u32 looks = 0;

	sched_set_normal(current, -10);
	while (!READ_ONCE(*(bool *)stop)) {
		usleep_range(1000, 1000);
		// Before both are there, and after one has gone, there are no turns.
		if (!all_had_turns(1) || race_is_over())
			continue;
		now = look_at_preempted();
		expect_same_slice(&before, &now);
		before = now;
		looks++;
	}
	test_note("a better thread looked %u times", looks);
	return 0;
}

/* Who is preempted keeps its place and the rest of its turn; it does not get a new one. */
TEST(sched_slice_outlasts_preemption)
{
	struct actor actor;
	bool stop = false;

	REQUIRE(actor_start(&actor, disturber, &stop, test_cpu(0)));
	race_run(test_cpu(0), 2, LOOKS_GOAL);
	WRITE_ONCE(stop, true);
	actor_join(&actor);
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
