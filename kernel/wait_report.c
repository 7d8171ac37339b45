/* wait_report.c: what is said of threads that wait for one another, or for too long.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/wait_report.h"

#include "kernel/base/held.h"
#include "kernel/core/cpu_stack.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"
#include "lib/format.h"

#define CIRCLE_TEXT 900 /* of the 1023 characters of a message */
#define LINE_TEXT   400
#define LOCKS_SHOWN 8

/* Under the lock of the list of threads, which every report holds. */
static char text[CIRCLE_TEXT];
static struct cpu_stack stack;

/* He waits for the lock, ... this thread. */
static const char *tie_name(enum wait_tie tie)
{
	static const char *const names[] = {
		[TIE_HELD] = "held by",
		[TIE_TAKEN] = "taken and not given back by",
		[TIE_COMPLETED] = "last completed, or to be completed, by",
	};

	return names[tie];
}

/* `waits for mutex "name" (address)` */
static int describe_lock(const struct thread_wait *wait, char *buf, size_t n)
{
	return scnprintf(buf, n, "%s for %s %s%s%s(%px)", wait->spins ? "spins" : "waits",
			 wait->kind, wait->name ? "\"" : "", wait->name ?: "",
			 wait->name ? "\" " : "", wait->lock);
}

static int describe_holder(const struct thread_wait *wait, const struct wait_holder *holder,
			   char *buf, size_t n)
{
	const struct task_struct *task = holder->task;
	int used = scnprintf(buf, n, "%s thread %d \"%s\"", tie_name(wait->tie), task->pid,
			     task->comm);

	if (READ_ONCE(task->on_cpu))
		used += scnprintf(buf + used, n - (size_t)used, " on cpu%u", READ_ONCE(task->cpu));
	if (holder->where)
		used += scnprintf(buf + used, n - (size_t)used, " at %pS", (void *)holder->where);
	return used;
}

int wait_describe(struct task_struct *task, char *buf, size_t n)
{
	struct thread_wait wait;
	int used;

	if (!wait_of(task, &wait))
		return scnprintf(buf, n, "waits for no lock");
	used = describe_lock(&wait, buf, n);
	if (!wait.n_holders)
		used += scnprintf(buf + used, n - (size_t)used, ", nobody knows of whom");
	for (u32 i = 0; i < wait.n_holders; i++) {
		used += scnprintf(buf + used, n - (size_t)used, i ? " and " : ", ");
		used += describe_holder(&wait, &wait.holders[i], buf + used, n - (size_t)used);
	}
	if (wait.since)
		used += scnprintf(buf + used, n - (size_t)used, ", since %llu.%06llu",
				  (unsigned long long)(wait.since / NSEC_PER_SEC),
				  (unsigned long long)(wait.since / 1000 % 1000000));
	return used;
}

int wait_describe_pid(int pid, char *buf, size_t n)
{
	struct held_lock held[LOCKS_SHOWN];
	struct task_struct *task;
	unsigned long flags;
	int used = 0;

	if (!task_list_lock(&flags))
		return 0;
	for_each_task(task)
	{
		if (task->pid != pid)
			continue;
		used = wait_describe(task, buf, n);
		for (u32 i = 0, many = held_locks(task, NULL, held, LOCKS_SHOWN); i < many; i++)
			used += scnprintf(buf + used, n - (size_t)used, ", and holds \"%s\"",
					  held[i].name ?: "?");
	}
	task_list_unlock(flags);
	return used;
}

/* ---- What a thread does ---- */

static void print_held(const struct task_struct *task)
{
	struct held_lock held[LOCKS_SHOWN];
	u32 n = held_locks(task, NULL, held, LOCKS_SHOWN);
	const struct cpu *cpu = cpu_by_id(READ_ONCE(task->cpu));

	for (u32 i = 0; i < n; i++)
		pr_emerg("  holds \"%s\" (%px), taken at %pS", held[i].name ?: "?", held[i].lock,
			 (void *)held[i].where);
	if (READ_ONCE(task->on_cpu) && READ_ONCE(cpu->running) == task)
		panic_print_held(cpu);
}

void wait_print_thread(struct task_struct *task)
{
	char line[LINE_TEXT];

	task_describe(task, line, sizeof(line));
	pr_emerg("%s", line);
	wait_describe(task, line, sizeof(line));
	pr_emerg("  %s", line);
	print_held(task);
	if (!READ_ONCE(task->on_cpu))
		task_print_backtrace(task);
	else if (cpu_stack_take(READ_ONCE(task->cpu), &stack))
		cpu_stack_print(&stack);
	else
		pr_emerg("    cpu%u does not say where it is", READ_ONCE(task->cpu));
}

void wait_print_holder(const struct task_struct *holder)
{
	struct task_struct *task;
	unsigned long flags;

	if (!task_list_lock(&flags))
		return;
	for_each_task(task)
	{
		if (task == holder)
			wait_print_thread(task);
	}
	task_list_unlock(flags);
}

/* ---- A circle ---- */

/* `thread 1 "a" waits for mutex "m", held by thread 2 "b", which ...` into @text. */
static void describe_circle(const struct wait_circle *circle)
{
	const struct task_struct *first = circle->members[0];
	size_t n = sizeof(text);
	int used = scnprintf(text, n, "thread %d \"%s\" ", first->pid, first->comm);

	for (u32 i = 0; i < circle->length; i++) {
		bool last = i + 1 == circle->length;
		const struct task_struct *next = circle->members[last ? 0 : i + 1];
		struct thread_wait wait;

		if (!wait_of(circle->members[i], &wait))
			continue;
		used += describe_lock(&wait, text + used, n - (size_t)used);
		used += scnprintf(text + used, n - (size_t)used, ", %s thread %d \"%s\"%s",
				  tie_name(wait.tie), next->pid, next->comm,
				  last ? "" : ", which ");
	}
}

static bool is_in(const struct wait_circle *circle, const struct task_struct *task)
{
	for (u32 i = 0; i < circle->length; i++) {
		if (circle->members[i] == task)
			return true;
	}
	return false;
}

/* Those that wait for one in the circle, directly or not. */
static void print_followers(const struct wait_circle *circle)
{
	struct task_struct *task;

	for_each_task(task)
	{
		struct task_struct *next = task;
		char line[LINE_TEXT];

		if (!task->watch.stuck || is_in(circle, task))
			continue;
		for (u32 i = 0; next && i < task_count() && !is_in(circle, next); i++)
			next = wait_next(next);
		if (!next || !is_in(circle, next))
			continue;
		wait_describe(task, line, sizeof(line));
		pr_emerg("behind them: thread %d \"%s\" %s", task->pid, task->comm, line);
	}
}

static void print_circle_body(const struct wait_circle *circle)
{
	for (u32 i = 0; i < circle->length; i++)
		wait_print_thread(circle->members[i]);
	print_followers(circle);
	if (circle->certain)
		pr_emerg(
			"What to do: have all threads take these locks in the same order, or let go before waiting.");
	else
		pr_emerg(
			"What to do: if nobody else gives what is waited for, let go of the locks before waiting.");
	pr_emerg("Nothing ends this but a signal, where the wait listens to one.");
	warn_end();
}

void wait_report_circle(const struct wait_circle *circle)
{
	describe_circle(circle);
	if (warn_begin(circle->certain ? "deadlock" : "deadlock, as it seems", text))
		print_circle_body(circle);
}

static void print_circle(const struct wait_circle *circle, void *arg)
{
	unsigned int *circles = arg;

	(*circles)++;
	describe_circle(circle);
	report_begin();
	pr_emerg("%s: %s", circle->certain ? "deadlock" : "deadlock, as it seems", text);
	print_circle_body(circle);
}

/* Who waits for a lock, in a line each. */
static void print_waits(void)
{
	struct task_struct *task;
	struct thread_wait wait;
	char line[LINE_TEXT];

	for_each_task(task)
	{
		// Who waits for work waits for nobody.
		if ((READ_ONCE(task->__state) & TASK_NOLOAD) || !wait_of(task, &wait))
			continue;
		wait_describe(task, line, sizeof(line));
		pr_emerg("thread %d \"%s\" %s", task->pid, task->comm, line);
	}
}

unsigned int wait_graph_report(void)
{
	unsigned int circles = 0;
	unsigned long flags;

	if (!task_list_lock(&flags)) {
		pr_emerg("the list of threads is locked by a CPU that does not go on");
		return 0;
	}
	pr_emerg("who waits for whom:");
	print_waits();
	wait_find_stuck(false);
	wait_each_circle(print_circle, &circles);
	if (!circles)
		pr_emerg("no threads wait for one another in a circle");
	task_list_unlock(flags);
	return circles;
}

/* ---- A thread that waits for too long ---- */

void wait_report_hung(struct task_struct *task, unsigned long seconds)
{
	struct thread_wait wait;
	int used = scnprintf(text, sizeof(text),
			     "thread %d \"%s\" has been blocked for more than %lu seconds: it ",
			     task->pid, task->comm, seconds);

	wait_describe(task, text + used, sizeof(text) - (size_t)used);
	if (!warn_begin("hung task", text))
		return;
	wait_print_thread(task);
	if (wait_of(task, &wait)) {
		for (u32 i = 0; i < wait.n_holders; i++)
			wait_print_thread(wait.holders[i].task);
	}
	pr_emerg(
		"What to do: see what the holder waits for, or why nobody wakes the thread. A thread that");
	pr_emerg(
		"waits for work sleeps in TASK_IDLE; hung_task=0 on the command line turns this off.");
	warn_end();
}
