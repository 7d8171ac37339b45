/* deferred_misuse_test.c: handlers and works that wait for their own end, which would never come.
 * SPDX-License-Identifier: MIT
 *
 * Each function of deferred work here calls test_panics() with what it must not do.
 */
#include "kernel/core/hrtimer.h"
#include "kernel/core/irq_work.h"
#include "kernel/core/panic.h"
#include "kernel/core/softirq.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/tasklet.h"
#include "kernel/test/deferred_test.h"
#include "kernel/workqueue.h"

#define FAR_AWAY (3600UL * HZ)

/* ---- Timers ---- */

static void delete_sync(void *timer)
{
	timer_delete_sync(timer);
}

static bool has_run; /* [a] */

static void waits_for_itself(struct timer_list *timer)
{
	EXPECT(test_panics(delete_sync, timer, "which it would wait for"));
	WRITE_ONCE(has_run, true);
}

static void delete_in_handler(void *timer)
{
	EXPECT(test_panics(delete_sync, timer, "in an interrupt handler"));
}

static void never_fires(struct timer_list *timer)
{
}

TEST(timer_list_waits_for_itself)
{
	struct timer_list timer;

	WRITE_ONCE(has_run, false);
	timer_setup(&timer, waits_for_itself, 0);
	mod_timer(&timer, jiffies);
	EXPECT(WAIT_UNTIL(READ_ONCE(has_run)));
	timer_delete_sync(&timer);
	timer_setup(&timer, never_fires, TIMER_IRQSAFE);
	mod_timer(&timer, jiffies + FAR_AWAY);
	preempt_disable();
	interrupt_here(delete_sync, &timer); // That is allowed.
	preempt_enable();
	EXPECT(!timer_pending(&timer));
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check the context");
	timer_setup(&timer, never_fires, 0);
	preempt_disable();
	interrupt_here(delete_in_handler, &timer);
	preempt_enable();
}

static void cancel(void *timer)
{
	hrtimer_cancel(timer);
}

static enum hrtimer_restart cancels_itself(struct hrtimer *timer)
{
	EXPECT(test_panics(cancel, timer, "the function it is called from"));
	WRITE_ONCE(has_run, true);
	return HRTIMER_NORESTART;
}

static void cancel_in_handler(void *timer)
{
	EXPECT(test_panics(cancel, timer, "in an interrupt handler"));
}

TEST(hrtimer_waits_for_itself)
{
	const enum hrtimer_mode modes[] = { HRTIMER_MODE_REL_HARD, HRTIMER_MODE_REL_SOFT };
	struct hrtimer timer;

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		WRITE_ONCE(has_run, false);
		hrtimer_setup(&timer, cancels_itself, CLOCK_MONOTONIC, modes[i]);
		hrtimer_start(&timer, 0, modes[i]);
		EXPECT(WAIT_UNTIL(READ_ONCE(has_run)));
		hrtimer_cancel(&timer);
	}
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check the context");
	preempt_disable();
	interrupt_here(cancel_in_handler, &timer);
	preempt_enable();
}

/* ---- Tasklets, and irq_works ---- */

static void kill(void *t)
{
	tasklet_kill(t);
}

static void spin_wait(void *t)
{
	tasklet_unlock_spin_wait(t);
}

static void tasklet_waits(struct tasklet_struct *t)
{
	EXPECT(test_panics(spin_wait, t, "waits for its own end"));
	if (CONFIG_CHECKED)
		EXPECT(test_panics(kill, t, "may sleep"));
	WRITE_ONCE(has_run, true);
}

TEST(tasklet_waits_for_itself)
{
	struct tasklet_struct t;

	WRITE_ONCE(has_run, false);
	tasklet_setup(&t, tasklet_waits);
	tasklet_schedule(&t);
	tasklet_kill(&t);
	EXPECT(READ_ONCE(has_run));
}

static void sync(void *work)
{
	irq_work_sync(work);
}

static void irq_work_waits(struct irq_work *work)
{
	EXPECT(test_panics(sync, work, "may sleep"));
	WRITE_ONCE(has_run, true);
}

TEST(irq_work_waits_for_itself)
{
	struct irq_work work = IRQ_WORK_INIT(irq_work_waits);

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check who may sleep");
	WRITE_ONCE(has_run, false);
	irq_work_queue(&work);
	irq_work_sync(&work);
	EXPECT(READ_ONCE(has_run));
}

/* ---- Works ---- */

struct selfish {
	struct work_struct work;
	struct work_struct behind;
	struct workqueue_struct *wq;
};

static void flush(void *work)
{
	flush_work(work);
}

static void cancel_sync(void *work)
{
	cancel_work_sync(work);
}

static void flush_queue(void *wq)
{
	flush_workqueue(wq);
}

static void does_nothing(struct work_struct *work)
{
}

static void work_waits(struct work_struct *work)
{
	struct selfish *selfish = container_of(work, struct selfish, work);

	EXPECT(queue_work(selfish->wq, &selfish->behind));
	EXPECT(test_panics(flush, work, "waits for its own end"));
	EXPECT(test_panics(cancel_sync, work, "waits for its own end"));
	EXPECT(test_panics(flush_queue, selfish->wq, "flushes its own queue"));
	EXPECT(test_panics(flush, &selfish->behind, "which is behind it"));
	EXPECT(cancel_work_sync(&selfish->behind)); // That is allowed: it is taken back.
	WRITE_ONCE(has_run, true);
}

TEST(work_waits_for_itself)
{
	struct selfish selfish = { .wq = alloc_ordered_workqueue("selfish", 0) };

	REQUIRE(selfish.wq);
	WRITE_ONCE(has_run, false);
	INIT_WORK(&selfish.work, work_waits);
	INIT_WORK(&selfish.behind, does_nothing);
	EXPECT(queue_work(selfish.wq, &selfish.work));
	flush_work(&selfish.work);
	EXPECT(READ_ONCE(has_run));
	EXPECT(schedule_work(&selfish.behind) && flush_work(&selfish.behind));
	destroy_workqueue(selfish.wq);
}

/* ---- A queue that goes before its delayed work has come ---- */

static void destroy_queue(void *wq)
{
	destroy_workqueue(wq);
}

TEST(workqueue_destroyed_before_its_delayed_work)
{
	struct workqueue_struct *wq = alloc_workqueue("early", 0, 0);
	struct delayed_work early, other;

	REQUIRE(wq);
	INIT_DELAYED_WORK(&early, does_nothing);
	INIT_DELAYED_WORK(&other, does_nothing);
	EXPECT(schedule_delayed_work(&other, 3600UL * HZ));
	EXPECT(queue_delayed_work(wq, &early, 3600UL * HZ));
	EXPECT_EQ(test_warnings(destroy_queue, wq, "which would call does_nothing"), 1);
	EXPECT(!delayed_work_pending(&early));
	EXPECT(cancel_delayed_work_sync(&other)); // That is another queue's.
}

/* ---- A timer that is set up while it is pending ---- */

static void far_away(struct timer_list *timer)
{
}

static void set_up(void *timer)
{
	timer_setup((struct timer_list *)timer, far_away, 0);
}

TEST(timer_set_up_while_pending)
{
	struct timer_list timer, other;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	EXPECT_EQ(test_warnings(set_up, &timer, ""), 0);
	EXPECT_EQ(test_warnings(set_up, &other, ""), 0);
	mod_timer(&timer, jiffies + 3600UL * HZ);
	mod_timer(&other, jiffies + 3600UL * HZ);
	EXPECT_EQ(test_warnings(set_up, &timer, "while it is pending, and would call far_away"), 1);
	EXPECT(!timer_pending(&timer));
	EXPECT(timer_delete_sync(&other));
}

static void look_at_first(void *list)
{
	struct timer_list *timer =
		list_first_entry((struct list_head *)list, struct timer_list, entry);

	EXPECT(!timer_check_pending(timer, (struct list_head *)list));
}

/* What was on a stack, and is in the list of timers still. */
TEST(timer_pending_is_none)
{
	struct timer_list timer;
	LIST_HEAD(list);

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	timer_setup(&timer, far_away, 0);
	list_add(&timer.entry, &list);
	EXPECT(timer_check_pending(&timer, &list));
	timer.function = (void (*)(struct timer_list *)) & timer;
	EXPECT_EQ(test_warnings(look_at_first, &list, "timer_delete_sync() was missing"), 1);
	EXPECT(list_empty(&list));
}

/* ---- Who sleeps where he must not: that alone is told -------------------------------------------------- */

static atomic_t reports;

static bool count_report(const char *message)
{
	atomic_inc(&reports);
	return true;
}

static DECLARE_WORK(waited_for, does_nothing);

static void waits_for_work(struct timer_list *timer)
{
	cancel_work_sync(&waited_for);
	WRITE_ONCE(has_run, true);
}

TEST(work_waited_for_in_a_softirq)
{
	struct timer_list timer;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check the context");
	WRITE_ONCE(has_run, false);
	schedule_work(&waited_for);
	flush_work(&waited_for);
	atomic_set(&reports, 0);
	timer_setup(&timer, waits_for_work, 0);
	warn_set_filter(count_report);
	mod_timer(&timer, jiffies);
	EXPECT(WAIT_UNTIL(READ_ONCE(has_run)));
	timer_delete_sync(&timer);
	warn_set_filter(NULL);
	EXPECT_EQ(atomic_read(&reports), 1);
}

/* ---- Queues that are closed ------------------------------------------------------------------------------ */

static DECLARE_COMPLETION(may_end);

static void waits_to_end(struct work_struct *work)
{
	wait_for_completion(&may_end);
}

static DECLARE_WORK(holds_up, waits_to_end);

static int drains(void *wq)
{
	drain_workqueue(wq);
	return 0;
}

static void queue_late(void *wq)
{
	EXPECT(!queue_work(wq, &waited_for));
}

TEST(work_queued_while_drained)
{
	struct workqueue_struct *wq = alloc_workqueue("closed", 0, 0);
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not report this");
	REQUIRE(wq);
	queue_work(wq, &holds_up);
	REQUIRE(actor_start(&actor, drains, wq, ANY_CPU));
	EXPECT(actor_sleeps(&actor));
	EXPECT_EQ(test_warnings(queue_late, wq, "work does_nothing is queued on a queue"), 1);
	complete(&may_end);
	actor_join(&actor);
	destroy_workqueue(wq);
}
