/* wait_graph_test.c: circles of owners are found, named and told once; what is none is not told.
 * SPDX-License-Identifier: MIT
 *
 * The validator would report most of these orders before anything waits; the players have it off.
 */
#include "kernel/wait_graph.h"

#include "kernel/core/panic.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/sched/signal.h"
#include "kernel/test/wait_scene.h"
#include "kernel/wait_report.h"
#include "lib/string.h"

static DEFINE_MUTEX(fork);
static DEFINE_MUTEX(knife);
static DEFINE_MUTEX(spoon);
static DEFINE_RT_MUTEX(bottle);
static DECLARE_RWSEM(table);

/* It is told at the second look, and never again. */
static void expect_told_once(void)
{
	hear_look(0);
	EXPECT_EQ(heard(), 0);
	hear_look(0);
	EXPECT_EQ(heard(), 1);
	hear_look(GUESS_SECONDS);
	EXPECT_EQ(heard(), 1);
}

static void expect_never_told(void)
{
	for (u32 i = 0; i < 4; i++)
		hear_look(i == 3 ? GUESS_SECONDS : 0);
	EXPECT_EQ(heard(), 0);
}

TEST(wait_graph_of_two_mutexes)
{
	static struct player players[2] = {
		{ .first = { OP_MUTEX, &fork }, .second = { OP_MUTEX, &knife } },
		{ .first = { OP_MUTEX, &knife }, .second = { OP_MUTEX, &fork } },
	};

	hear_begin("waits for");
	if (scene_starts(players, 2)) {
		expect_told_once();
		EXPECT(heard_link(&players[0], "mutex", "knife", TIE_HELD_TEXT,
				  players[1].actor.task));
		EXPECT(heard_link(&players[1], "mutex", "fork", TIE_HELD_TEXT,
				  players[0].actor.task));
	}
	scene_ends(players, 2);
	hear_look(0);
	hear_look(0);
	EXPECT_EQ(heard(), 1);
	hear_end();
}

TEST(wait_graph_of_an_rt_mutex)
{
	static struct player players[2] = {
		{ .first = { OP_MUTEX, &fork }, .second = { OP_RT_MUTEX, &bottle } },
		{ .first = { OP_RT_MUTEX, &bottle }, .second = { OP_MUTEX, &fork } },
	};

	hear_begin("waits for");
	if (scene_starts(players, 2)) {
		expect_told_once();
		EXPECT(heard_link(&players[0], "rt_mutex", "bottle", TIE_HELD_TEXT,
				  players[1].actor.task));
	}
	scene_ends(players, 2);
	hear_end();
}

/* ---- The same threads, twice in the same circle ---- */

struct diner {
	struct actor actor;
	struct mutex *first, *second;
};

static atomic_t diners_ready, diners_done;

static int dine_twice(void *arg)
{
	struct diner *diner = arg;

	lockdep_off();
	allow_signal(SIGKILL);
	for (int round = 1; round <= 2; round++) {
		mutex_lock(diner->first);
		atomic_inc(&diners_ready);
		EXPECT(WAIT_UNTIL(atomic_read(&diners_ready) >= 2 * round));
		if (!mutex_lock_killable(diner->second))
			mutex_unlock(diner->second);
		mutex_unlock(diner->first);
		flush_signals(current);
		atomic_inc(&diners_done);
		EXPECT(WAIT_UNTIL(atomic_read(&diners_done) >= 2 * round));
	}
	lockdep_on();
	return 0;
}

static bool diner_waits(const struct diner *diner)
{
	return READ_ONCE(diner->actor.task->blocked_on) == diner->second &&
	       actor_is_asleep(&diner->actor, TASK_NORMAL);
}

/* Between the two they have moved: the second circle is another one, and told. */
TEST(wait_graph_of_the_same_threads_again)
{
	struct diner one = { .first = &fork, .second = &knife };
	struct diner other = { .first = &knife, .second = &fork };

	atomic_set(&diners_ready, 0);
	atomic_set(&diners_done, 0);
	hear_begin("waits for");
	// On one CPU: on two, each could spin for the mutex of the other, who runs, and neither would sleep.
	REQUIRE(actor_start(&one.actor, dine_twice, &one, test_cpu(0)));
	REQUIRE(actor_start(&other.actor, dine_twice, &other, test_cpu(0)));
	for (u32 round = 1; round <= 2; round++) {
		EXPECT(WAIT_UNTIL(atomic_read(&diners_ready) == (int)(2 * round) &&
				  diner_waits(&one) && diner_waits(&other)));
		hear_look(0);
		hear_look(0);
		EXPECT_EQ(heard(), round);
		send_sig(SIGKILL, one.actor.task, 0);
	}
	actor_join(&one.actor);
	actor_join(&other.actor);
	hear_end();
}

/* A reader, a writer who waits for it, and a mutex. In PROFILE=fast readers are not known. */
TEST(wait_graph_of_three_through_an_rwsem)
{
	static struct player players[3] = {
		{ .first = { OP_READ, &table }, .second = { OP_MUTEX, &fork } },
		{ .first = { OP_MUTEX, &fork }, .second = { OP_MUTEX, &knife } },
		{ .first = { OP_MUTEX, &knife }, .second = { OP_WRITE, &table } },
	};

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not know who reads");
	hear_begin("waits for");
	if (scene_starts(players, 3)) {
		expect_told_once();
		EXPECT(heard_link(&players[0], "mutex", "fork", TIE_HELD_TEXT,
				  players[1].actor.task));
		EXPECT(heard_link(&players[1], "mutex", "knife", TIE_HELD_TEXT,
				  players[2].actor.task));
		EXPECT(heard_link(&players[2], "rwsem, to write,", "table", TIE_HELD_TEXT,
				  players[0].actor.task));
	}
	scene_ends(players, 3);
	hear_end();
}

/* A thread that reads, and reads again behind a writer who waits for it: alone in its circle. */
TEST(wait_graph_of_one_that_reads_twice)
{
	static struct player reader = { .first = { OP_READ, &table },
					.second = { OP_READ, &table } };
	static struct player writer = { .second = { OP_WRITE, &table } };

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not know who reads");
	hear_begin("waits for");
	if (player_start(&reader) && player_start(&writer) && player_blocks(&writer) &&
	    player_blocks(&reader)) {
		expect_told_once();
		EXPECT(heard_link(&reader, "rwsem, to read,", "table", TIE_HELD_TEXT,
				  reader.actor.task));
		EXPECT(writer.actor.task->watch.stuck);
	}
	player_end(&reader);
	player_end(&writer);
	hear_end();
}

/* Readers of a percpu_rwsem are counted, not owners; those who hold it are known all the same. */
TEST(wait_graph_of_a_percpu_rwsem)
{
	static struct percpu_rw_semaphore park;
	struct player players[2] = {
		{ .first = { OP_PERCPU_READ, &park }, .second = { OP_MUTEX, &fork } },
		{ .first = { OP_MUTEX, &fork }, .second = { OP_PERCPU_WRITE, &park } },
	};

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not know who reads");
	REQUIRE(percpu_init_rwsem(&park) == 0);
	hear_begin("waits for");
	if (scene_starts(players, 2)) {
		expect_told_once();
		EXPECT(heard_link(&players[1], "percpu_rwsem, to write,", "&park", TIE_HELD_TEXT,
				  players[0].actor.task));
	}
	scene_ends(players, 2);
	hear_end();
	percpu_free_rwsem(&park);
}

/* Two circles, and one thread that waits for a thread of one: each circle is told once, and it is in none. */
TEST(wait_graph_of_two_circles)
{
	static DEFINE_MUTEX(salt);
	static DEFINE_MUTEX(pepper);
	static struct player players[5] = {
		{ .first = { OP_MUTEX, &fork }, .second = { OP_MUTEX, &knife } },
		{ .first = { OP_MUTEX, &salt }, .second = { OP_MUTEX, &pepper } },
		{ .first = { OP_MUTEX, &pepper }, .second = { OP_MUTEX, &salt } },
		{ .first = { OP_MUTEX, &knife }, .second = { OP_MUTEX, &fork } },
		{ .second = { OP_MUTEX, &salt } },
	};

	hear_begin("waits for");
	if (scene_starts(players, 5)) {
		hear_look(0);
		hear_look(0);
		EXPECT_EQ(heard(), 2);
		EXPECT(players[4].actor.task->watch.stuck);
		EXPECT_EQ(wait_graph_report(), 2);
	}
	scene_ends(players, 5);
	hear_end();
}

/* ---- What is no circle ---- */

/* Each waits for the next; the last only sleeps. */
TEST(wait_graph_of_a_chain)
{
	static struct player players[3] = {
		{ .first = { OP_MUTEX, &fork }, .second = { OP_MUTEX, &knife } },
		{ .first = { OP_MUTEX, &knife }, .second = { OP_MUTEX, &spoon } },
		{ .first = { OP_MUTEX, &spoon } },
	};

	hear_begin("waits for");
	if (player_start(&players[0]) && player_start(&players[1]) && player_start(&players[2]) &&
	    player_blocks(&players[0]) && player_blocks(&players[1])) {
		expect_never_told();
		EXPECT(!players[0].actor.task->watch.stuck);
		EXPECT_EQ(wait_graph_report(), 0);
	}
	for (u32 i = 0; i < 3; i++)
		player_goes_on(&players[i]);
	for (u32 i = 0; i < 3; i++) {
		player_join(&players[i]);
		EXPECT(players[i].has_both);
	}
	hear_end();
}

/* The waits of a circle that never existed at one time: at each look other two of the four are there. */
TEST(wait_graph_of_waits_at_different_times)
{
	static struct player one = { .first = { OP_MUTEX, &fork }, .second = { OP_MUTEX, &knife } };
	static struct player other = { .first = { OP_MUTEX, &knife },
				       .second = { OP_MUTEX, &fork } };

	hear_begin("waits for");
	for (u32 round = 0; round < 3; round++) {
		if (!player_start(&one) || !player_start(&other) || !player_blocks(&one) ||
		    !player_blocks(&other))
			break;
		hear_look(0); // A circle, seen for the first time.
		player_end(&one);
		player_join(&other);
		hear_look(0);
	}
	EXPECT_EQ(heard(), 0);
	hear_end();
}
