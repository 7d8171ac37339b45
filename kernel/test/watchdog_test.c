/* watchdog_test.c: hung threads are told of, and named; those that wait long and may are not.
 * SPDX-License-Identifier: MIT
 *
 * The watchdog is told how much time has passed, so none of this waits for its limits, and a slow machine is
 * not taken for a hung one.
 */
#include "kernel/watchdog.h"

#include "kernel/core/panic.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/wait_event.h"
#include "kernel/test/wait_scene.h"
#include "lib/format.h"
#include "lib/string.h"

static DEFINE_MUTEX(door);

/* ---- By itself ---- */

static atomic_t overheard = ATOMIC_INIT(0);

static bool overhear(const char *message)
{
	if (!strstr(message, "\"door\"") && !strstr(message, "waits for mutex"))
		return false;
	atomic_inc(&overheard);
	return true;
}

/* Nobody calls it: it finds the circle, within two looks of its own, once. */
TEST(watchdog_looks_by_itself)
{
	static DEFINE_MUTEX(window);
	static struct player players[2] = {
		{ .first = { OP_MUTEX, &door }, .second = { OP_MUTEX, &window } },
		{ .first = { OP_MUTEX, &window }, .second = { OP_MUTEX, &door } },
	};

	atomic_set(&overheard, 0);
	warn_set_filter(overhear);
	if (scene_starts(players, 2))
		EXPECT(WAIT_UNTIL(atomic_read(&overheard)));
	scene_ends(players, 2);
	warn_set_filter(NULL);
	EXPECT_EQ(atomic_read(&overheard), 1);
}

/* ---- Hung tasks ---- */

/* It is told once, with the lock, and who holds it; and again when it has moved. */
TEST(watchdog_hung_task)
{
	static struct player holder = { .first = { OP_MUTEX, &door } };
	static struct player hung = { .second = { OP_MUTEX_FOR_EVER, &door } };
	u64 begin = clock_ns();
	char since[40];

	hear_begin("has been blocked");
	if (player_start(&holder) && player_start(&hung) && player_blocks(&hung)) {
		hear_look(0);
		hear_look(119);
		EXPECT_EQ(heard(), 0);
		hear_look(1);
		EXPECT_EQ(heard(), 1);
		hear_look(200);
		EXPECT_EQ(heard(), 1);
		EXPECT(heard_thread(hung.actor.task) && heard_thread(holder.actor.task));
		EXPECT(heard_text(CONFIG_CHECKED ? "waits for mutex \"door\"" : "waits for mutex"));
		snprintf(since, sizeof(since), ", since %llu.",
			 (unsigned long long)(hung.actor.task->blocked_since / NSEC_PER_SEC));
		EXPECT(hung.actor.task->blocked_since >= begin && heard_text(since));
	}
	player_goes_on(&holder);
	player_join(&holder);
	player_join(&hung);
	hear_end();
}

static DECLARE_WAIT_QUEUE_HEAD(lobby);
static bool called; /* [a] */

static int wait_interruptible(void *unused)
{
	return wait_event_interruptible(lobby, READ_ONCE(called));
}

static int wait_killable(void *unused)
{
	return wait_event_killable(lobby, READ_ONCE(called));
}

static int wait_for_work(void *unused)
{
	wait_event_idle(lobby, READ_ONCE(called));
	return 0;
}

static int wait_with_a_limit(void *unused)
{
	return wait_event_timeout(lobby, READ_ONCE(called), 10000L * HZ) > 0 ? 0 : -1;
}

/* Long, and legal. So are the waits of all threads of the kernel's own: it has no other to tell of. */
TEST(watchdog_long_legal_waits)
{
	static int (*const waits[])(void *) = { wait_interruptible, wait_killable, wait_for_work,
						wait_with_a_limit };
	struct actor actors[ARRAY_SIZE(waits)];

	WRITE_ONCE(called, false);
	hear_begin("has been blocked");
	for (u32 i = 0; i < ARRAY_SIZE(waits); i++)
		EXPECT(actor_start(&actors[i], waits[i], NULL, ANY_CPU) &&
		       actor_sleeps(&actors[i]));
	hear_look(0);
	hear_look(500);
	hear_look(500);
	EXPECT_EQ(heard(), 0);
	WRITE_ONCE(called, true);
	wake_up_all(&lobby);
	for (u32 i = 0; i < ARRAY_SIZE(waits); i++)
		EXPECT_EQ(actor_join(&actors[i]), 0);
	hear_end();
}
