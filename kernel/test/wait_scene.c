/* wait_scene.c: threads that wait for one another on purpose, for the tests of the wait-for graph.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/wait_scene.h"

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/sched/signal.h"
#include "kernel/watchdog.h"
#include "lib/format.h"
#include "lib/string.h"

/* ---- The players ---- */

/* Take those that no signal keeps from being taken. */
static void take_for_ever(const struct scene_step *step)
{
	switch (step->op) {
	case OP_MUTEX_FOR_EVER:
		mutex_lock(step->lock);
		break;
	case OP_PERCPU_READ:
		percpu_down_read(step->lock);
		break;
	case OP_PERCPU_WRITE:
		percpu_down_write(step->lock);
		break;
	case OP_COMPLETE:
		complete(step->lock);
		break;
	default:
		break;
	}
}

static int take(const struct scene_step *step)
{
	switch (step->op) {
	case OP_MUTEX:
		return mutex_lock_killable(step->lock);
	case OP_RT_MUTEX:
		return rt_mutex_lock_killable(step->lock);
	case OP_READ:
		return down_read_killable(step->lock);
	case OP_WRITE:
		return down_write_killable(step->lock);
	case OP_SEMAPHORE:
		return down_killable(step->lock);
	case OP_SEMAPHORE_TIMED:
		return down_timeout(step->lock, 10000L * HZ);
	case OP_COMPLETION:
		return wait_for_completion_killable(step->lock);
	default:
		take_for_ever(step);
		return 0;
	}
}

static void give(const struct scene_step *step)
{
	switch (step->op) {
	case OP_MUTEX:
	case OP_MUTEX_FOR_EVER:
		mutex_unlock(step->lock);
		break;
	case OP_RT_MUTEX:
		rt_mutex_unlock(step->lock);
		break;
	case OP_READ:
		up_read(step->lock);
		break;
	case OP_WRITE:
		up_write(step->lock);
		break;
	case OP_PERCPU_READ:
		percpu_up_read(step->lock);
		break;
	case OP_PERCPU_WRITE:
		percpu_up_write(step->lock);
		break;
	case OP_SEMAPHORE:
	case OP_SEMAPHORE_TIMED:
		up(step->lock);
		break;
	default:
		break;
	}
}

static int play(void *arg)
{
	struct player *player = arg;

	lockdep_off();
	allow_signal(SIGKILL);
	EXPECT_EQ(take(&player->first), 0);
	WRITE_ONCE(player->ready, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(player->go)));
	if (!take(&player->second)) {
		WRITE_ONCE(player->has_both, true);
		give(&player->second);
	}
	give(&player->first);
	lockdep_on();
	return 0;
}

bool player_begins(struct player *player)
{
	player->ready = player->go = player->has_both = false;
	return actor_start(&player->actor, play, player, ANY_CPU);
}

bool player_start(struct player *player)
{
	return player_begins(player) && EXPECT(WAIT_UNTIL(READ_ONCE(player->ready)));
}

void player_goes_on(struct player *player)
{
	WRITE_ONCE(player->go, true);
}

bool player_blocks(struct player *player)
{
	struct task_struct *task = player->actor.task;

	player_goes_on(player);
	return EXPECT(WAIT_UNTIL(actor_is_asleep(&player->actor, TASK_NORMAL) &&
				 !READ_ONCE(task->on_cpu) && READ_ONCE(task->blocked_on)));
}

void player_join(struct player *player)
{
	if (player->actor.task)
		actor_join(&player->actor);
	player->actor.task = NULL;
}

void player_end(struct player *player)
{
	player_goes_on(player);
	if (player->actor.task)
		send_sig(SIGKILL, player->actor.task, 0);
	player_join(player);
}

bool scene_starts(struct player *players, u32 n)
{
	bool all = true;

	for (u32 i = 0; i < n; i++)
		all = player_start(&players[i]) && all;
	for (u32 i = 0; all && i < n; i++)
		all = player_blocks(&players[i]);
	return all;
}

/* All are told before any is waited for: one that no signal reaches has to wait for the others. */
void scene_ends(struct player *players, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		player_goes_on(&players[i]);
		if (players[i].actor.task)
			send_sig(SIGKILL, players[i].actor.task, 0);
	}
	for (u32 i = 0; i < n; i++)
		player_join(&players[i]);
}

/* ---- What is heard ---- */

static struct {
	const char *about;
	char text[1024];
	u32 reports;
} ear;

/* The watchdog's own timer is paused, so this is called by the test's thread. */
static bool hear(const char *message)
{
	if (!strstr(message, ear.about))
		return false;
	strscpy(ear.text, message, sizeof(ear.text));
	ear.reports++;
	return false;
}

void hear_begin(const char *about)
{
	watchdog_pause(true);
	ear.about = about;
	ear.text[0] = '\0';
	ear.reports = 0;
}

void hear_end(void)
{
	watchdog_pause(false);
}

static void look_at_threads(void *ns)
{
	watchdog_look_at_threads(*(u64 *)ns);
}

static void look_at_cpus(void *ns)
{
	watchdog_look_at_cpus(*(u64 *)ns);
}

static void look_at_watcher(void *ns)
{
	watchdog_look_at_watcher(*(u64 *)ns);
}

static void hear_from(void (*look)(void *ns), unsigned int seconds)
{
	u64 ns = seconds * NSEC_PER_SEC + 1;

	warn_set_filter(hear);
	warn_expect(look, &ns, ear.about);
	warn_set_filter(NULL);
}

void hear_look(unsigned int seconds)
{
	hear_from(look_at_threads, seconds);
}

void hear_look_at_cpus(unsigned int seconds)
{
	hear_from(look_at_cpus, seconds);
}

void hear_look_at_watcher(unsigned int seconds)
{
	hear_from(look_at_watcher, seconds);
}

u32 heard(void)
{
	return ear.reports;
}

bool heard_text(const char *text)
{
	if (strstr(ear.text, text))
		return true;
	test_note("expected \"%s\" in what was heard: \"%s\"", text, ear.text);
	return false;
}

bool heard_thread(const struct task_struct *task)
{
	char text[40];

	snprintf(text, sizeof(text), "thread %d \"%s\"", task->pid, task->comm);
	return heard_text(text);
}

bool heard_link(const struct player *waiter, const char *kind, const char *name, const char *tie,
		const struct task_struct *holder)
{
	char text[200];

	if (CONFIG_CHECKED)
		snprintf(text, sizeof(text), "waits for %s \"%s\" (%px), %s thread %d \"%s\"", kind,
			 name, waiter->second.lock, tie, holder->pid, holder->comm);
	else
		snprintf(text, sizeof(text), "waits for %s (%px), %s thread %d \"%s\"", kind,
			 waiter->second.lock, tie, holder->pid, holder->comm);
	return heard_text(text);
}
