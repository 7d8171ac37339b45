/* wait_last_test.c: circles through locks that have no owner, and what only looks like one.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/sched/signal.h"
#include "kernel/test/wait_scene.h"
#include "kernel/wait_report.h"

#define NEED_LAST_HOLDERS()                                                                        \
	do {                                                                                       \
		if (!CONFIG_CHECKED)                                                               \
			SKIP("the fast profile does not know who held a semaphore last");          \
	} while (0)

static DEFINE_MUTEX(gate);

/* A guess: told when it has stood for long, not before, and once. */
static void expect_told_when_old(void)
{
	for (u32 i = 0; i < 3; i++)
		hear_look(0);
	EXPECT_EQ(heard(), 0);
	hear_look(GUESS_SECONDS);
	EXPECT_EQ(heard(), 1);
	hear_look(GUESS_SECONDS);
	EXPECT_EQ(heard(), 1);
}

static void expect_never_told(void)
{
	hear_look(0);
	hear_look(GUESS_SECONDS);
	hear_look(GUESS_SECONDS);
	EXPECT_EQ(heard(), 0);
}

TEST(wait_last_mutex_and_semaphore)
{
	static DEFINE_SEMAPHORE(seats, 1);
	static struct player players[2] = {
		{ .first = { OP_MUTEX, &gate }, .second = { OP_SEMAPHORE, &seats } },
		{ .first = { OP_SEMAPHORE, &seats }, .second = { OP_MUTEX, &gate } },
	};

	NEED_LAST_HOLDERS();
	hear_begin("waits for");
	if (scene_starts(players, 2)) {
		expect_told_when_old();
		EXPECT(heard_link(&players[0], "semaphore", "seats", TIE_TAKEN_TEXT,
				  players[1].actor.task));
		EXPECT(heard_link(&players[1], "mutex", "gate", TIE_HELD_TEXT,
				  players[0].actor.task));
	}
	scene_ends(players, 2);
	hear_end();
}

/* The unit was handed to the one who waited for it: he has it, and who gave it has none. */
TEST(wait_last_semaphore_that_was_handed_over)
{
	static struct semaphore seats;
	static struct player players[2] = {
		{ .first = { OP_MUTEX, &gate }, .second = { OP_SEMAPHORE, &seats } },
		{ .first = { OP_SEMAPHORE, &seats }, .second = { OP_MUTEX, &gate } },
	};

	NEED_LAST_HOLDERS();
	sema_init(&seats, 1);
	hear_begin("waits for");
	down(&seats);
	EXPECT(player_begins(&players[1]));
	EXPECT(WAIT_UNTIL(READ_ONCE(players[1].actor.task->blocked_on) == &seats));
	up(&seats);
	if (EXPECT(WAIT_UNTIL(READ_ONCE(players[1].ready))) && player_start(&players[0]) &&
	    player_blocks(&players[0]) && player_blocks(&players[1])) {
		expect_told_when_old();
		EXPECT(heard_link(&players[0], "semaphore", "&seats", TIE_TAKEN_TEXT,
				  players[1].actor.task));
	}
	scene_ends(players, 2);
	hear_end();
}

/* ---- Completions ---- */

/* Who completed it last waits for a mutex of the one who waits for it to be completed again. */
static struct completion bell;
static struct player ringer = { .first = { OP_COMPLETE, &bell }, .second = { OP_MUTEX, &gate } };
static struct player listener = { .first = { OP_MUTEX, &gate },
				  .second = { OP_COMPLETION, &bell } };

static int ring(void *unused)
{
	complete(&bell);
	return 0;
}

static void ring_and_hear(bool here)
{
	if (here)
		ring(NULL);
	else
		test_run_threads(1, ring, NULL);
	wait_for_completion(&bell);
}

/* The ringer rings, is heard, and blocks; so does the listener, whom he blocks for. */
static bool bell_scene(void)
{
	if (!player_start(&ringer))
		return false;
	wait_for_completion(&bell);
	return player_start(&listener) && player_blocks(&listener) && player_blocks(&ringer);
}

static void bell_scene_ends(void)
{
	player_end(&listener);
	player_end(&ringer);
	hear_end();
}

TEST(wait_last_mutex_and_completion)
{
	NEED_LAST_HOLDERS();
	init_completion(&bell);
	hear_begin("waits for");
	if (bell_scene()) {
		expect_told_when_old();
		EXPECT(heard_link(&listener, "completion", "&bell", TIE_COMPLETED_TEXT,
				  ringer.actor.task));
		EXPECT(heard_link(&ringer, "mutex", "gate", TIE_HELD_TEXT, listener.actor.task));
	}
	bell_scene_ends();
}

/* Somebody else has rung it before, and may again: he is awake, or has ended, and there may be more like him. */
TEST(wait_last_completion_that_will_come)
{
	for (u32 here = 0; here < 2; here++) {
		init_completion(&bell);
		hear_begin("waits for");
		ring_and_hear(here);
		if (bell_scene())
			expect_never_told();
		bell_scene_ends();
	}
}

/* Nobody has completed it yet. */
TEST(wait_last_fresh_completion)
{
	static struct player other = { .second = { OP_MUTEX, &gate } };

	hear_begin("waits for");
	init_completion(&bell);
	if (player_start(&listener) && player_start(&other) && player_blocks(&listener) &&
	    player_blocks(&other))
		expect_never_told();
	complete(&bell);
	player_join(&listener);
	player_join(&other);
	EXPECT(listener.has_both && other.has_both);
	hear_end();
}

/* ---- Threads that are stopped ---- */

static struct {
	struct task_struct *victim;
	bool has_gate, go; /* [a] */
} stopping;

static int stop_with_gate(void *unused)
{
	lockdep_off();
	mutex_lock(&gate);
	WRITE_ONCE(stopping.has_gate, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(stopping.go)));
	kthread_stop(stopping.victim);
	mutex_unlock(&gate);
	lockdep_on();
	return 0;
}

static int want_gate(void *unused)
{
	allow_signal(SIGKILL);
	if (!mutex_lock_killable(&gate))
		mutex_unlock(&gate);
	return 0;
}

/* kthread_stop() with a mutex that the thread wants: it is going to complete its own end, and never does. */
TEST(wait_last_stop_of_who_waits)
{
	struct actor stopper;

	NEED_LAST_HOLDERS();
	stopping.has_gate = stopping.go = false;
	hear_begin("waits for");
	REQUIRE(actor_start(&stopper, stop_with_gate, NULL, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(stopping.has_gate)));
	stopping.victim = get_task_struct(kthread_run(want_gate, NULL, "victim"));
	EXPECT(WAIT_UNTIL(READ_ONCE(stopping.victim->blocked_on) == &gate &&
			  READ_ONCE(stopping.victim->on_rq) == ON_RQ_NO));
	WRITE_ONCE(stopping.go, true);
	// It sleeps before that too, between its looks at `go`.
	EXPECT(WAIT_UNTIL(READ_ONCE(stopper.task->blocked_on) &&
			  actor_is_asleep(&stopper, TASK_NORMAL)));
	// To be stopped, the victim was woken; it may be on its way to its wait again.
	EXPECT(WAIT_UNTIL(READ_ONCE(stopping.victim->blocked_on) == &gate &&
			  READ_ONCE(stopping.victim->on_rq) == ON_RQ_NO &&
			  !READ_ONCE(stopping.victim->on_cpu)));
	expect_told_when_old();
	EXPECT(heard_text("\"victim\"") && heard_text("completion") && heard_text("\"gate\""));
	send_sig(SIGKILL, stopping.victim, 0);
	actor_join(&stopper);
	put_task_struct(stopping.victim);
	hear_end();
}

/* ---- What only looks like a circle ---- */

static struct semaphore seats;
static struct player waiter = { .first = { OP_MUTEX, &gate }, .second = { OP_SEMAPHORE, &seats } };
static struct player sitter = { .first = { OP_SEMAPHORE, &seats }, .second = { OP_MUTEX, &gate } };

/* Its units come from one who never takes any: it passes on events, and who took one owes none. */
TEST(wait_last_semaphore_as_event)
{
	sema_init(&seats, 0);
	up(&seats);
	hear_begin("waits for");
	if (player_start(&sitter) && player_start(&waiter) && player_blocks(&sitter) &&
	    player_blocks(&waiter))
		expect_never_told();
	up(&seats);
	player_join(&waiter);
	player_join(&sitter);
	EXPECT(waiter.has_both && sitter.has_both);
	hear_end();
}

/* Two units: one of those who have one is stuck, the other is not. */
TEST(wait_last_semaphore_of_two)
{
	static struct player guest = { .first = { OP_SEMAPHORE, &seats } };

	sema_init(&seats, 2);
	hear_begin("waits for");
	if (player_start(&sitter) && player_start(&guest) && player_start(&waiter) &&
	    player_blocks(&sitter) && player_blocks(&waiter))
		expect_never_told();
	player_end(&guest);
	player_join(&waiter);
	player_join(&sitter);
	EXPECT(waiter.has_both && sitter.has_both);
	hear_end();
}

/* A wait that ends by itself, and with it the circle. */
TEST(wait_last_wait_with_a_limit)
{
	static struct player timed = { .first = { OP_MUTEX, &gate },
				       .second = { OP_SEMAPHORE_TIMED, &seats } };

	sema_init(&seats, 1);
	hear_begin("waits for");
	if (player_start(&sitter) && player_start(&timed) && player_blocks(&sitter) &&
	    player_blocks(&timed))
		expect_never_told();
	player_end(&sitter);
	player_join(&timed);
	EXPECT(timed.has_both);
	hear_end();
}

/* A producer has filled the buffer, and nobody has taken anything out yet. It may stand so for long; in a report
 * of who waits for whom it is shown. */
TEST(wait_last_producer_alone)
{
	static struct player producer = { .first = { OP_SEMAPHORE, &seats },
					  .second = { OP_SEMAPHORE, &seats } };

	sema_init(&seats, 1);
	hear_begin("waits for");
	if (player_start(&producer) && player_blocks(&producer)) {
		expect_never_told();
		EXPECT_EQ(wait_graph_report(), CONFIG_CHECKED);
	}
	up(&seats);
	player_join(&producer);
	EXPECT(producer.has_both);
	hear_end();
}
