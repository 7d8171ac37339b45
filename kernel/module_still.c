/* module_still.c: modules whose threads all wait for what never comes, asleep or awake.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Who waits for a completion, a semaphore or a wake-up waits for nobody in particular: wait_graph.c sees no circle. But a
 *   run of modules is a closed world. When each of their threads, and each worker that is at work, has been asleep for some
 *   seconds without a time limit, and no timer is pending, then there is nobody left who could wake one of them: interrupts
 *   of theirs come from programs, which run when neither init nor exit does. That is a fact, and need not be waited for
 *   until the run's time is over.
 *
 *   Who waits awake, in a loop, is told from who computes by looking at him often: module_spin.c.
 *
 *   The threads of the kernel itself, which were there before, serve: they wake others only for what these have asked for
 *   and not given up. It does not: look into grace periods. One that does not end is waited for with a time limit.
 */
#include "kernel/module_still.h"

#include "kernel/core/hrtimer.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer_list.h"
#include "kernel/module_spin.h"
#include "kernel/sched/sched.h"
#include "kernel/wait_report.h"
#include "kernel/workqueue_pool.h"
#include "lib/format.h"

#define STILL_NS (5 * NSEC_PER_SEC)
#define LOOKS    10
#define LOOK_MS  100

#define AWAKE_MAX 8

/* Set by the first that may wake somebody. Written by one at a time. */
static bool moves;

/* Those that are awake, to be looked at; each with a reference. */
static struct task_struct *awake[AWAKE_MAX];
static unsigned int n_awake;
static unsigned long
	asleep; /* which others there are, and how often they slept: the same if none has moved */
static bool some_spin; /* so the last answer says */

static void note_awake(const struct task_struct *task)
{
	if (n_awake < AWAKE_MAX)
		awake[n_awake++] = get_task_struct((struct task_struct *)task);
	else
		moves = true;
}

static void look_at_timer(const struct timer_list *timer, void *unused)
{
	moves = true;
}

static void look_at_ktimer(const struct ktimer *ktimer, void *unused)
{
	moves |= hrtimer_of(ktimer) != NULL;
}

/* A worker without work, which others give it. */
static bool is_idle(const struct task_struct *task)
{
	return READ_ONCE(task->__state) == TASK_IDLE && is_worker((struct task_struct *)task);
}

static void look_at_task(const struct task_struct *task, void *arg)
{
	const struct module_mark *mark = arg;

	if (task->pid <= mark->pid || is_idle(task))
		return;
	if (READ_ONCE(task->on_cpu) || READ_ONCE(task->on_rq) != ON_RQ_NO) {
		note_awake(task);
		return;
	}
	moves |= READ_ONCE(task->wakes_at) || task->watch.still_ns < STILL_NS;
	asleep += (READ_ONCE(task->nvcsw) << 16) + (unsigned long)task->pid;
}

static void forget_awake(void)
{
	while (n_awake)
		put_task_struct(awake[--n_awake]);
}

static bool is_still_now(const struct module_mark *mark)
{
	forget_awake();
	moves = false;
	asleep = 0;
	task_walk(look_at_task, (void *)mark);
	timer_list_walk(look_at_timer, NULL);
	timer_walk(look_at_ktimer, NULL);
	return !moves;
}

/* Whether those that were awake all go round in circles. */
static bool all_spin(void)
{
	for (unsigned int i = 0; i < n_awake; i++) {
		if (!spins_in_place(awake[i]))
			return false;
	}
	return true;
}

/* And as it was when @n threads were awake, and the others were @others. */
static bool is_still_so(const struct module_mark *mark, unsigned int n, unsigned long others)
{
	return is_still_now(mark) && n_awake == n && asleep == others;
}

/* Between a timer that fires and the worker that it wakes nothing may be seen to move, and who computes may wake somebody and
 * end: one look says little. */
bool module_is_still(const struct module_mark *mark)
{
	bool still = is_still_now(mark);
	unsigned int n = n_awake;
	unsigned long others = asleep;

	for (unsigned int i = 1; still && i < LOOKS; i++) {
		msleep(LOOK_MS + i); // at another place of a timer's period
		still = is_still_so(mark, n, others);
	}
	some_spin = n > 0;
	still = still && all_spin() && is_still_so(mark, n, others);
	forget_awake();
	return still;
}

static void print_task(const struct task_struct *task, void *arg)
{
	const struct module_mark *mark = arg;

	if (task->pid > mark->pid && !is_idle(task))
		wait_print_thread((struct task_struct *)task);
}

void module_report_still(const struct module_mark *mark, const char *doing)
{
	char text[2 * PRINTK_LINE];

	snprintf(text, sizeof(text), "%s; and nothing is left that could wake it%s", doing,
		 some_spin ? ", or change what it looks at" : "");
	if (!warn_begin("hang", text))
		return;
	pr_emerg(
		"Every thread has been asleep for %llu seconds without a time limit%s, and no timer is pending:",
		STILL_NS / NSEC_PER_SEC,
		some_spin ? ", or goes round in circles in a loop that changes nothing" : "");
	task_walk(print_task, (void *)mark);
	pr_emerg(
		"What to do: see who was to complete, to release, to set or to wake it, and what keeps him from that: an early");
	pr_emerg(
		"return, a lock that the waiting thread holds, or that he did so before the other had begun to wait.");
	warn_end();
}
