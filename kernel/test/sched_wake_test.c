/* sched_wake_test.c: every sleep is ended, and as often as somebody was told that he ended it.
 * SPDX-License-Identifier: MIT
 *
 * What is counted: wake_up_process() returns true once for each sleep that it ends. A sleeper that
 * never calls itself awake therefore returns from schedule() exactly as often as its wakers were told
 * true, whatever CPUs and contexts they came from. A wake-up that is lost, or that puts a thread on
 * two CPUs, cannot keep that account in balance.
 */
#include "kernel/core/smpcall.h"
#include "kernel/test/sched_test.h"

#define SLEEPERS   8
#define WAKERS_MAX 16

static struct storm {
	struct actor sleepers[SLEEPERS];
	atomic64_t slept; /* sleeps that ended */
	atomic64_t woken; /* sleeps that wakers were told they ended */
	atomic_t wrong;   /* sleeps ended by a wake-up that is not for their state */
	atomic_t calls;   /* wake-ups that are on their way by interrupt */
	bool stop;
} storm;

/* Half of them sleep so that signals could end it, which must make no difference here. */
static unsigned int sleeper_state(const struct actor *sleeper)
{
	return (sleeper - storm.sleepers) % 2 ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE;
}

static int storm_sleeper(void *arg)
{
	do {
		set_current_state(sleeper_state(arg));
		schedule();
		atomic64_inc(&storm.slept);
	} while (!READ_ONCE(storm.stop));
	return 0;
}

static void storm_wake(struct actor *sleeper)
{
	if (wake_up_process(sleeper->task))
		atomic64_inc(&storm.woken);
}

/* In interrupt context, on a CPU that has no say in it. */
static void storm_wake_call(void *sleeper)
{
	storm_wake(sleeper);
	atomic_dec(&storm.calls);
}

static void storm_wake_by_interrupt(struct actor *sleeper, u32 cpu)
{
	atomic_inc(&storm.calls);
	if (smp_call_function_single(cpu, storm_wake_call, sleeper, false))
		atomic_dec(&storm.calls);
}

/* Sleepers in TASK_UNINTERRUPTIBLE are out of reach of a wake-up for the other state. */
static void storm_wake_wrongly(struct actor *sleeper)
{
	if (sleeper_state(sleeper) == TASK_UNINTERRUPTIBLE &&
	    wake_up_state(sleeper->task, TASK_INTERRUPTIBLE))
		atomic_inc(&storm.wrong);
}

static int storm_waker(void *unused)
{
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 8, 3000, 300) {
		struct actor *sleeper = &storm.sleepers[rand_below(&rand, SLEEPERS)];

		switch (rand_below(&rand, 8)) {
		case 0:
			storm_wake_by_interrupt(sleeper, test_cpu(rand_below(&rand, NR_CPUS)));
			break;
		case 1:
			storm_wake_wrongly(sleeper);
			break;
		default:
			storm_wake(sleeper);
		}
		if (rand_below(&rand, 16) == 0)
			yield();
	}
	return 0;
}

/* Wake each until it ends. What this ends counts like any other sleep. */
static void storm_end(void)
{
	WRITE_ONCE(storm.stop, true);
	for (unsigned int i = 0; i < SLEEPERS; i++) {
		struct actor *sleeper = &storm.sleepers[i];

		EXPECT(WAIT_UNTIL((storm_wake(sleeper), READ_ONCE(sleeper->ended))));
		actor_join(sleeper);
	}
}

/* @spread: each sleeper is bound to a CPU, else they run where they are put. */
static void storm_run(bool spread)
{
	storm = (struct storm){ 0 };
	for (unsigned int i = 0; i < SLEEPERS; i++)
		REQUIRE(actor_start(&storm.sleepers[i], storm_sleeper, &storm.sleepers[i],
				    spread ? test_cpu(i) : ANY_CPU));
	test_run_threads(min(2 * num_online_cpus(), (u32)WAKERS_MAX), storm_waker, NULL);
	EXPECT(WAIT_UNTIL(atomic_read(&storm.calls) == 0));
	storm_end();
	EXPECT_EQ(atomic64_read(&storm.slept), atomic64_read(&storm.woken));
	EXPECT_EQ(atomic_read(&storm.wrong), 0);
}

TEST(sched_wake_storm)
{
	storm_run(false);
}

TEST(sched_wake_storm_bound)
{
	storm_run(true);
}

/* ---- Two threads that wake each other ------------------------------------------------------------ */

#define STROKES_LEAST 10
#define STROKES_MOST  20000
#define STROKES_MS    400

static struct {
	struct actor players[2];
	u32 ball;  /* [a] how often it went over; player n has it while ball % 2 == n */
	bool over; /* [a] set by the one who has the ball */
	u64 until;
} game;

static void player_wait(u32 me)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(game.ball) % 2 == me || READ_ONCE(game.over))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

static bool enough_strokes(u32 strokes)
{
	return strokes >= STROKES_MOST || (strokes >= STROKES_LEAST && clock_ns() > game.until);
}

/* Returns how often it had the ball. */
static int player(void *arg)
{
	u32 me = (u32)((struct actor *)arg - game.players);

	for (int strokes = 0;; strokes++) {
		player_wait(me);
		if (READ_ONCE(game.over))
			return strokes;
		if (enough_strokes(game.ball))
			WRITE_ONCE(game.over, true);
		WRITE_ONCE(game.ball, game.ball + 1);
		wake_up_process(game.players[!me].task);
	}
}

/* The second to be started begins, when both tasks are known. */
static void play(u32 cpu0, u32 cpu1)
{
	int strokes;

	game.ball = 1;
	game.over = false;
	game.until = clock_ns() + STROKES_MS * NSEC_PER_MSEC;
	REQUIRE(actor_start(&game.players[0], player, &game.players[0], cpu0));
	REQUIRE(actor_start(&game.players[1], player, &game.players[1], cpu1));
	strokes = actor_join(&game.players[0]);
	strokes += actor_join(&game.players[1]);
	EXPECT(READ_ONCE(game.over));
	EXPECT_EQ(strokes, game.ball - 1);
}

TEST(sched_ping_pong_same_cpu)
{
	play(test_cpu(0), test_cpu(0));
}

TEST(sched_ping_pong_two_cpus)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	play(test_cpu(0), test_cpu(1));
}

TEST(sched_ping_pong_any_cpu)
{
	play(ANY_CPU, ANY_CPU);
}

/* A thread that says it sleeps, and takes its time until it does. */
struct slow {
	struct actor actor;
	bool said;
	bool go;
};

static int falls_asleep(void *arg)
{
	struct slow *slow = arg;

	set_current_state(TASK_UNINTERRUPTIBLE);
	WRITE_ONCE(slow->said, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(slow->go)));
	schedule();
	return 0;
}

/* It keeps every lower thread off its CPU, except while it sleeps. */
static int waits_until_inactive(void *arg)
{
	struct slow *slow = arg;

	sched_set_fifo(current);
	return wait_task_inactive(slow->actor.task, TASK_UNINTERRUPTIBLE);
}

TEST(sched_wait_task_inactive)
{
	struct slow slow = { .said = false };
	struct actor waiter;

	REQUIRE(actor_start(&slow.actor, falls_asleep, &slow, test_cpu(0)));
	EXPECT(WAIT_UNTIL(READ_ONCE(slow.said)));
	EXPECT(!wait_task_inactive(slow.actor.task, TASK_INTERRUPTIBLE));
	if (actor_start(&waiter, waits_until_inactive, &slow, test_cpu(0))) {
		msleep(2);
		EXPECT(!READ_ONCE(waiter.ended));
		WRITE_ONCE(slow.go, true);
		EXPECT_EQ(actor_join(&waiter), 1);
	}
	EXPECT(actor_is_asleep(&slow.actor, TASK_UNINTERRUPTIBLE));
	EXPECT(!READ_ONCE(slow.actor.task->on_cpu));
	EXPECT(wait_task_inactive(slow.actor.task, TASK_UNINTERRUPTIBLE));
	wake_up_process(slow.actor.task);
	actor_join(&slow.actor);
}
