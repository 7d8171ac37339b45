/* scenario_deferred.c: what runs later: tasklets, timers, and waiting until they run no more.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/bh.h"
#include "kernel/core/jiffies.h"
#include "kernel/core/softirq.h"
#include "kernel/core/timer_list.h"
#include "kernel/explore/explore.h"
#include "kernel/sched/task.h"
#include "kernel/tasklet.h"

/* ---- A tasklet runs on one CPU at a time, and once more after each time it was scheduled ---- */

static struct tasklet_struct tasklet;
static bool asked[2], served[2];
static bool begun, over; /* it was scheduled; it must not run any more */

static void serve_all(struct tasklet_struct *unused)
{
	explore_assert(!READ_ONCE(over));
	explore_enter();
	for (u32 t = 0; t < 2; t++) {
		if (READ_ONCE(asked[t]))
			WRITE_ONCE(served[t], true);
	}
	explore_leave();
}

static void tasklet_begin(void)
{
	tasklet_setup(&tasklet, serve_all);
	for (u32 t = 0; t < 2; t++)
		asked[t] = served[t] = false;
	begun = over = false;
}

/* It runs when softirqs are on again. */
static void ask(u32 thread)
{
	local_bh_disable();
	WRITE_ONCE(asked[thread], true);
	tasklet_schedule(&tasklet);
	WRITE_ONCE(begun, true);
	local_bh_enable();
}

static bool both_are_served(void)
{
	return served[0] && served[1] && !tasklet.state;
}

static void wait_until_begun(void)
{
	while (!READ_ONCE(begun))
		cpu_relax();
}

/* Whoever has killed it may free it. */
static void kill_begin(void)
{
	tasklet_begin();
	explore_object(&tasklet, sizeof(tasklet));
}

static void kill_it(u32 thread)
{
	wait_until_begun();
	tasklet_kill(&tasklet);
	WRITE_ONCE(over, true);
	explore_free(&tasklet);
}

/* What was scheduled meanwhile runs afterwards. */
static void disable_it(u32 thread)
{
	local_bh_disable();
	tasklet_disable_in_atomic(&tasklet);
	WRITE_ONCE(over, true);
	WRITE_ONCE(over, false);
	tasklet_enable(&tasklet);
	local_bh_enable();
}

static bool is_served(void)
{
	return served[0] && !tasklet.state;
}

SCENARIO(tasklet, 2, .about = "a tasklet that two CPUs schedule", .setup = tasklet_begin,
	 .run = ask, .check = both_are_served, .watch = { WATCH(tasklet.state), WATCH(served) });
SCENARIO(tasklet_kill, 2, .about = "tasklet_schedule() and tasklet_kill()", .setup = kill_begin,
	 .each = { ask, kill_it }, .check = is_served,
	 .watch = { WATCH(tasklet.state), WATCH(served), WATCH(over) });
SCENARIO(tasklet_disable, 2, .about = "tasklet_schedule() and tasklet_disable()",
	 .setup = tasklet_begin, .each = { ask, disable_it }, .check = is_served,
	 .watch = { WATCH(tasklet.state), WATCH(served), WATCH(over) });

/* A handler schedules another one on the same CPU. Either runs, at the latest when softirqs are on again. */
static struct tasklet_struct second;

static void serve_second(struct tasklet_struct *unused)
{
	served[1] = true;
}

static void two_begin(void)
{
	tasklet_begin();
	tasklet_setup(&second, serve_second);
}

static void schedule_second(u32 thread)
{
	asked[1] = true;
	tasklet_schedule(&second);
}

static bool two_are_served(void)
{
	if (asked[1] && second.state) // The handler came last.
		served[1] = true;
	return served[0] && served[1] == asked[1] && !tasklet.state;
}

SCENARIO(tasklet_irq, 1, .about = "a tasklet, and a handler that schedules another",
	 .setup = two_begin, .run = ask, .interrupt = schedule_second, .check = two_are_served,
	 .watch = { WATCH(tasklet.state), WATCH(second.state), WATCH(served) });

/* ---- A timer: who has deleted it knows that its function runs no more ---- */

static struct timer_list timer;
static bool again; /* its function starts it anew */
static bool fired;

static void timer_function(struct timer_list *unused)
{
	explore_assert(!READ_ONCE(over));
	fired = true;
	if (again)
		mod_timer(&timer, jiffies + HZ);
}

static void timer_begin(void)
{
	timer_setup(&timer, timer_function, 0);
	timer.cpu = explore_task(0)->cpu;
	begun = over = again = fired = false;
}

static void timer_begin_again(void)
{
	timer_begin();
	again = true;
}

static void start_and_fire(u32 thread)
{
	local_bh_disable();
	mod_timer(&timer, jiffies);
	WRITE_ONCE(begun, true);
	raise_softirq(TIMER_SOFTIRQ);
	local_bh_enable();
}

static void start_fire_and_start(u32 thread)
{
	start_and_fire(thread);
	mod_timer(&timer, jiffies + HZ);
}

static void delete_it(u32 thread)
{
	wait_until_begun();
	timer_delete_sync(&timer);
	WRITE_ONCE(over, true);
}

/* On this CPU, while its function may run on the other. */
static void move_and_delete(u32 thread)
{
	wait_until_begun();
	mod_timer(&timer, jiffies + HZ);
	delete_it(thread);
}

/* Its function may start it anew while this waits, but in vain. */
static void shut_it_down(u32 thread)
{
	wait_until_begun();
	timer_shutdown_sync(&timer);
	explore_assert(!timer_pending(&timer));
	WRITE_ONCE(over, true);
}

static void try_to_delete(u32 thread)
{
	wait_until_begun();
	while (try_to_del_timer_sync(&timer) < 0)
		cpu_relax();
	WRITE_ONCE(over, true);
}

/* One deletes it while the other one starts it on its own CPU; when it is freed it is in no list. */
static void timer_begin_object(void)
{
	timer_begin();
	explore_object(&timer, sizeof(timer));
}

static void start_and_delete(u32 thread)
{
	mod_timer(&timer, jiffies + HZ);
	WRITE_ONCE(begun, true);
	timer_delete(&timer);
	WRITE_ONCE(over, true);
}

static void start_and_free(u32 thread)
{
	wait_until_begun();
	mod_timer(&timer, jiffies + HZ);
	while (!READ_ONCE(over))
		cpu_relax();
	timer_delete(&timer);
	explore_free(&timer);
	local_bh_disable();
	raise_softirq(TIMER_SOFTIRQ); // Which looks at all that are in this CPU's list.
	local_bh_enable();
}

static bool timer_is_idle(void)
{
	return !timer.pending && list_empty(&timer.entry);
}

SCENARIO(timer_delete, 2, .about = "a timer that fires, and timer_delete_sync()",
	 .setup = timer_begin, .each = { start_and_fire, delete_it }, .check = timer_is_idle,
	 .watch = { WATCH(timer.pending), WATCH(over) });
SCENARIO(timer_delete_again, 2, .about = "one that starts itself, and timer_delete_sync()",
	 .setup = timer_begin_again, .each = { start_and_fire, delete_it }, .check = timer_is_idle,
	 .watch = { WATCH(timer.pending), WATCH(over) });
SCENARIO(timer_moved, 2, .about = "one that is started on another CPU, and deleted there",
	 .setup = timer_begin, .each = { start_and_fire, move_and_delete }, .check = timer_is_idle,
	 .watch = { WATCH(timer.pending), WATCH(over) });
SCENARIO(timer_shutdown, 2, .about = "one that starts itself, and timer_shutdown_sync()",
	 .setup = timer_begin_again, .each = { start_fire_and_start, shut_it_down },
	 .check = timer_is_idle, .watch = { WATCH(timer.pending), WATCH(over) });
SCENARIO(timer_try, 2, .about = "a timer that fires, and try_to_del_timer_sync()",
	 .setup = timer_begin, .each = { start_and_fire, try_to_delete }, .check = timer_is_idle,
	 .watch = { WATCH(timer.pending), WATCH(over) });
SCENARIO(timer_freed, 2, .about = "one that is started on another CPU, deleted, and freed",
	 .setup = timer_begin_object, .each = { start_and_delete, start_and_free },
	 .watch = { WATCH(timer.pending), WATCH(timer.cpu) });
