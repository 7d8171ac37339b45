/* wait_race_test.c: no wake-up is lost, however close to going to sleep it comes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait.h"

#include "kernel/core/smpcall.h"
#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"

/* A condition that takes its time between looking and saying what it saw: what comes meanwhile is what a
 * waiter may miss. */
static bool slowly(bool seen)
{
	for (unsigned int i = 0; i < 10; i++)
		cpu_relax();
	return seen;
}

/* Two threads that hand a ball to and fro: each waits for its turn, and wakes the other. */
struct game {
	wait_queue_head_t wq;
	unsigned int turn; /* handoffs so far: even ones are the first player's */
	atomic_t players;
	struct effort effort;
	bool over;
};

static bool my_turn(const struct game *game, unsigned int turn)
{
	return READ_ONCE(game->turn) == turn || READ_ONCE(game->over);
}

static int play(void *arg)
{
	struct game *game = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &game->players);
	unsigned int turn = me;
	struct rand_state rand;

	rand_seed(&rand, me);
	for (;; turn += 2) {
		wait_event(game->wq, slowly(my_turn(game, turn)));
		if (!effort_goes_on(&game->effort, turn) || READ_ONCE(game->over))
			break;
		// From nothing to the time that falling asleep takes, so that it comes at any moment.
		for (u32 i = rand_below(&rand, 30); i > 0; i--)
			cpu_relax();
		WRITE_ONCE(game->turn, turn + 1);
		wake_up(&game->wq);
	}
	WRITE_ONCE(game->over, true);
	wake_up(&game->wq);
	return (int)turn;
}

/* @a and @b: the players' CPUs. */
static void check_game(u32 a, u32 b)
{
	struct game game = { .effort = effort_of(300, 100, 1) };
	struct actor first, second;

	init_waitqueue_head(&game.wq);
	REQUIRE(actor_start(&first, play, &game, a));
	if (actor_start(&second, play, &game, b))
		EXPECT(actor_join(&second) >= (int)game.effort.least);
	else
		WRITE_ONCE(game.over, true);
	actor_join(&first);
	EXPECT(!waitqueue_active(&game.wq));
}

TEST(wait_ping_pong_on_one_cpu)
{
	check_game(test_cpu(0), test_cpu(0));
}

TEST(wait_ping_pong_between_cpus)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	check_game(test_cpu(0), test_cpu(1));
}

TEST(wait_ping_pong_anywhere)
{
	check_game(ANY_CPU, ANY_CPU);
}

/* A thread that waits for events that an interrupt handler makes. */
struct handler_events {
	wait_queue_head_t wq;
	unsigned int made;
	unsigned int seen;
	struct ktimer timer;
	struct effort effort;
	bool enough;
};

static void make_event(void *arg)
{
	struct handler_events *events = arg;

	WRITE_ONCE(events->made, events->made + 1);
	wake_up(&events->wq);
}

static void timer_makes_event(struct ktimer *timer)
{
	make_event(container_of(timer, struct handler_events, timer));
}

/* The timer is due at about the time at which we fall asleep. */
TEST(wait_for_timer)
{
	struct handler_events events = { .effort = effort_of(100, 10, 1) };
	struct rand_state rand = test_seed();

	init_waitqueue_head(&events.wq);
	timer_init(&events.timer, timer_makes_event);
	while (effort_goes_on(&events.effort, events.seen)) {
		timer_start(&events.timer, clock_ns() + rand_below(&rand, 50000));
		events.seen++;
		if (!EXPECT(wait_event_timeout(
			    events.wq, slowly(READ_ONCE(events.made) == events.seen), 30 * HZ)))
			break;
	}
	timer_cancel_sync(&events.timer);
}

static int wait_for_calls(void *arg)
{
	struct handler_events *events = arg;

	while (effort_goes_on(&events->effort, events->seen)) {
		wait_event(events->wq, slowly(READ_ONCE(events->made) > events->seen));
		WRITE_ONCE(events->seen, events->seen + 1);
	}
	WRITE_ONCE(events->enough, true);
	return 0;
}

/* We interrupt the waiter's CPU, wherever it is between two waits. */
TEST(wait_for_call)
{
	struct handler_events events = { .effort = effort_of(100, 10, 1) };
	struct actor waiter;

	init_waitqueue_head(&events.wq);
	REQUIRE(actor_start(&waiter, wait_for_calls, &events, test_cpu(1)));
	while (!READ_ONCE(events.enough)) {
		smp_call_function_single(test_cpu(1), make_event, &events, true);
		if (!EXPECT(YIELD_UNTIL(READ_ONCE(events.seen) == events.made ||
					READ_ONCE(events.enough))))
			break;
	}
	actor_join(&waiter);
}

/*
 * Exclusive waiters that signals interrupt: a wake-up that chose one of them must not end with it,
 * when the signal makes it leave, but reach another.
 */
#define CONSUMERS 3

struct market {
	wait_queue_head_t wq;
	atomic_t items;
	atomic_t eaten;
	atomic_t interrupted;
	bool closed;
};

static int consume(void *arg)
{
	struct market *market = arg;

	allow_signal(SIGINT);
	while (!READ_ONCE(market->closed)) {
		if (wait_event_interruptible_exclusive(
			    market->wq, atomic_read(&market->items) || READ_ONCE(market->closed))) {
			flush_signals(current);
			atomic_inc(&market->interrupted);
		} else if (atomic_add_unless(&market->items, -1, 0)) {
			atomic_inc(&market->eaten);
		}
	}
	return 0;
}

/* One item after another, each with one wake-up, and a signal to somebody at about the same time. */
static int supply(struct market *market, struct actor *consumers)
{
	struct effort effort = effort_of(300, 50, 1);
	struct rand_state rand = test_seed();
	int made = 0;

	while (effort_goes_on(&effort, (unsigned int)made)) {
		send_sig(SIGINT, consumers[rand_below(&rand, CONSUMERS)].task, 0);
		for (u32 i = rand_below(&rand, 10); i > 0; i--)
			cpu_relax();
		atomic_inc(&market->items);
		wake_up(&market->wq);
		made++;
		if (!EXPECT(YIELD_UNTIL(atomic_read(&market->eaten) == made)))
			break;
	}
	return made;
}

TEST(wait_exclusive_wake_up_survives_signals)
{
	struct market market = { .closed = false };
	struct actor consumers[CONSUMERS] = { { .task = NULL } };
	bool all = true;
	int made = 0;

	init_waitqueue_head(&market.wq);
	for (unsigned int i = 0; i < CONSUMERS; i++)
		all = all && actor_start(&consumers[i], consume, &market, ANY_CPU);
	if (all)
		made = supply(&market, consumers);
	WRITE_ONCE(market.closed, true);
	wake_up_all(&market.wq);
	for (unsigned int i = 0; i < CONSUMERS; i++)
		actor_join(&consumers[i]);
	EXPECT_EQ(atomic_read(&market.eaten), made);
	EXPECT(atomic_read(&market.interrupted) > 0);
}
