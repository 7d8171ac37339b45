/* module_left_test.c: the walks by which what modules leave behind is found, and calls into modules that are gone.
 * SPDX-License-Identifier: MIT
 *
 * Each thing is seen while it is there, and not before or after.
 */
#include "kernel/core/hrtimer.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/percpu.h"
#include "kernel/core/slab.h"
#include "kernel/core/timer_list.h"
#include "kernel/core/vmalloc.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/sched/sched.h"
#include "kernel/test/test.h"
#include "kernel/workqueue.h"
#include "lib/string.h"

static void note_memory(const struct memory_use *use, void *arg)
{
	size_t *sizes = arg;

	if (use->size == 1234 || use->size == 123456 || use->size == 2 * PAGE_SIZE)
		sizes[use->size == 1234 ? 0 : use->size == 123456 ? 1 : 2]++;
}

static void count_memory(size_t *sizes)
{
	memset(sizes, 0, 3 * sizeof(*sizes));
	memory_walk(note_memory, sizes);
}

static void note_page(const struct memory_use *use, void *arg)
{
	if (use->size == PAGE_SIZE && !strcmp(use->what, "pages"))
		++*(unsigned int *)arg;
}

static unsigned int count_pages(void)
{
	unsigned int n = 0;

	memory_walk(note_page, &n);
	return n;
}

/* Neighbours, that is, the one behind the other. */
TEST(module_page_walk)
{
	unsigned int before = count_pages();
	unsigned long pages[8];

	if (!CONFIG_CHECKED)
		SKIP("the fast profile keeps no notes");
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		EXPECT(pages[i] = __get_free_page(GFP_KERNEL));
	EXPECT_EQ(count_pages(), before + ARRAY_SIZE(pages));
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		free_page(pages[i]);
	EXPECT_EQ(count_pages(), before);
}

TEST(module_memory_walk)
{
	size_t before[3], during[3], after[3];
	void *object, *block;
	unsigned long pages;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile keeps no notes");
	count_memory(before);
	object = kmalloc(1234, GFP_KERNEL);
	block = vmalloc(123456);
	pages = __get_free_pages(GFP_KERNEL, 1);
	EXPECT(object && block && pages);
	count_memory(during);
	free_pages(pages, 1);
	vfree(block);
	kfree(object);
	count_memory(after);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(during[i], before[i] + 1);
		EXPECT_EQ(after[i], before[i]);
	}
}

static void note_percpu(size_t size, unsigned long where, void *arg)
{
	if (size == 208)
		++*(unsigned int *)arg;
}

TEST(module_percpu_walk)
{
	char __percpu *variable = __alloc_percpu(200, 8);
	unsigned int during = 0, after = 0;

	REQUIRE(variable);
	percpu_walk(note_percpu, &during);
	free_percpu(variable);
	percpu_walk(note_percpu, &after);
	EXPECT_EQ(during, 1);
	EXPECT_EQ(after, 0);
}

static atomic_t timer_calls;

static void on_timer(struct timer_list *timer)
{
	atomic_inc(&timer_calls);
}

static enum hrtimer_restart on_hrtimer(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static void note_timer(const struct timer_list *timer, void *arg)
{
	if (timer->function == on_timer)
		++*(unsigned int *)arg;
}

static void note_ktimer(const struct ktimer *ktimer, void *arg)
{
	const struct hrtimer *timer = hrtimer_of(ktimer);

	if (timer && timer->function == on_hrtimer)
		++*(unsigned int *)arg;
}

static unsigned int timers_pending(void)
{
	unsigned int n = 0;

	timer_list_walk(note_timer, &n);
	timer_walk(note_ktimer, &n);
	return n;
}

TEST(module_timer_walk)
{
	struct timer_list timer;
	struct hrtimer hrtimer;

	timer_setup_on_stack(&timer, on_timer, 0);
	hrtimer_setup(&hrtimer, on_hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	EXPECT_EQ(timers_pending(), 0);
	mod_timer(&timer, jiffies + 1000 * HZ);
	EXPECT_EQ(timers_pending(), 1);
	hrtimer_start(&hrtimer, ktime_set(1000, 0), HRTIMER_MODE_REL);
	EXPECT_EQ(timers_pending(), 2);
	timer_delete_sync(&timer);
	hrtimer_cancel(&hrtimer);
	EXPECT_EQ(timers_pending(), 0);
}

static struct completion begun, may_end;

static void work_that_waits(struct work_struct *work)
{
	complete(&begun);
	wait_for_completion(&may_end);
}

struct seen_works {
	unsigned int queues, queued, running;
};

static void note_work(const struct work_use *use, void *arg)
{
	struct seen_works *seen = arg;

	if (strcmp(use->queue, "walked"))
		return;
	if (!use->func)
		seen->queues++;
	else if (use->func == work_that_waits)
		++*(use->runs ? &seen->running : &seen->queued);
}

static struct seen_works see_works(void)
{
	struct seen_works seen = { 0 };

	workqueue_walk(note_work, &seen);
	return seen;
}

TEST(module_work_walk)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("walked", 0);
	struct work_struct first, second;
	struct seen_works seen;

	REQUIRE(wq);
	init_completion(&begun);
	init_completion(&may_end);
	INIT_WORK_ONSTACK(&first, work_that_waits);
	INIT_WORK_ONSTACK(&second, work_that_waits);
	queue_work(wq, &first);
	queue_work(wq, &second);
	wait_for_completion(&begun);
	seen = see_works();
	EXPECT(seen.queues == 1 && seen.running == 1 && seen.queued == 1);
	complete_all(&may_end);
	destroy_workqueue(wq);
	seen = see_works();
	EXPECT(seen.queues == 0 && seen.running == 0 && seen.queued == 0);
}

static int nothing(void *unused)
{
	return 0;
}

static void note_thread(const struct task_struct *task, void *arg)
{
	if (!strcmp(task->comm, "walked"))
		++*(unsigned int *)arg;
}

TEST(module_task_walk)
{
	struct task_struct *task = kthread_create(nothing, NULL, "walked");
	unsigned int n = 0;

	REQUIRE(!IS_ERR(task));
	task_walk(note_thread, &n);
	EXPECT_EQ(n, 1);
	kthread_stop(task);
}

/* ---- Code that is gone ---- */

static atomic_t gone_reports;

/* Whatever thread the timer interrupts makes the report. */
static bool count_gone(const char *message)
{
	if (!strstr(message, "timer function on_timer is called, and its module is gone"))
		return false;
	atomic_inc(&gone_reports);
	return true;
}

static void run_timer(struct timer_list *timer)
{
	atomic_set(&timer_calls, 0);
	mod_timer(timer, jiffies);
	while (!atomic_read(&timer_calls))
		msleep(1);
}

TEST(module_code_gone)
{
	struct timer_list timer;

	timer_setup_on_stack(&timer, on_timer, 0);
	warn_set_filter(count_gone);
	code_gone((const void *)on_timer, 1);
	run_timer(&timer);
	EXPECT_EQ(atomic_read(&gone_reports), 1);
	code_gone(NULL, 0);
	run_timer(&timer);
	timer_delete_sync(&timer);
	warn_set_filter(NULL);
	EXPECT_EQ(atomic_read(&gone_reports), 1);
}
