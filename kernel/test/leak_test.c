/* leak_test.c: functions that do not leave their context as they found it are named, and what they left is put right.
 * SPDX-License-Identifier: MIT
 *
 * Each function here errs once, wherever it is called; the filter counts the reports that name it. Then the same
 * function is called again and does not err: that there is no second report, and that the test goes on, shows that
 * all is as it was.
 */
#include <arch/apic.h>
#include <arch/trap.h>

#include "kernel/core/hrtimer.h"
#include "kernel/core/irq_work.h"
#include "kernel/core/panic.h"
#include "kernel/core/smpcall.h"
#include "kernel/core/softirq.h"
#include "kernel/kthread_worker.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/tasklet.h"
#include "kernel/test/deferred_test.h"
#include "kernel/test/lock_test.h"
#include "kernel/workqueue.h"
#include "lib/string.h"

#define NO_CHECKS "the fast profile does not know what is held"

static const char *said_by, *said_of; /* what a report must say to be counted */
static atomic_t reports;
static atomic_t calls;
static void (*err)(void); /* [a] what the next call does wrong; NULL: nothing */

static bool count_report(const char *message)
{
	if (!strstr(message, said_by) || !strstr(message, said_of))
		return false;
	atomic_inc(&reports);
	return true;
}

static void call(void)
{
	void (*wrong)(void) = xchg(&err, NULL);

	if (wrong)
		wrong();
	atomic_inc(&calls);
}

static void leave_preemption_off(void)
{
	preempt_disable();
}

static void turn_irqs_over(void)
{
	if (irqs_disabled())
		arch_local_irq_enable(); // unseen
	else
		local_irq_disable();
}

static void leave_reader(void)
{
	rcu_read_lock();
}

/* A lock that has only a name: nobody else will want it. */
static struct lockdep_map a_lock __unused = STATIC_LOCKDEP_MAP_INIT("a lock", NULL);

static void leave_lock(void)
{
	// Unchecked: it is taken in every context, which is another fault.
	lock_acquire(&a_lock, 0, 0, LOCKDEP_EXCLUSIVE, 0, NULL, _THIS_IP_);
}

/* A spinlock's way: both. */
static void leave_spinlock(void)
{
	preempt_disable();
	leave_lock();
}

/* Have @ask call call(), which errs by @wrong; expect one report of @by that says @of; and then none. */
static void expect_report(void (*ask)(void), void (*wrong)(void), const char *by, const char *of)
{
	said_by = by;
	said_of = of;
	atomic_set(&reports, 0);
	atomic_set(&calls, 0);
	WRITE_ONCE(err, wrong);
	warn_set_filter(count_report);
	ask();
	EXPECT(WAIT_UNTIL(atomic_read(&calls) == 1));
	EXPECT(WAIT_UNTIL(atomic_read(&reports) == 1));
	ask();
	EXPECT(WAIT_UNTIL(atomic_read(&calls) == 2));
	EXPECT_EQ(atomic_read(&reports), 1);
	warn_set_filter(NULL);
	EXPECT_CONTEXT(false, 0);
}

/* ---- Everybody who calls ------------------------------------------------------------------------------ */

static int thread_fn(void *unused)
{
	call();
	return 0;
}

static void ask_thread(void)
{
	EXPECT(!IS_ERR(kthread_run(thread_fn, NULL, "errs")));
}

static void work_fn(struct work_struct *unused)
{
	call();
}

static DECLARE_WORK(work, work_fn);

static void ask_work(void)
{
	schedule_work(&work);
	flush_work(&work);
}

static struct kthread_worker *worker;
static struct kthread_work own_work;

static void own_work_fn(struct kthread_work *unused)
{
	call();
}

static void ask_own_work(void)
{
	kthread_queue_work(worker, &own_work);
	kthread_flush_work(&own_work);
}

static void timer_fn(struct timer_list *unused)
{
	call();
}

static struct timer_list timer;

static void ask_timer(void)
{
	mod_timer(&timer, jiffies);
	EXPECT(WAIT_UNTIL(!timer_pending(&timer)));
	timer_delete_sync(&timer);
}

static enum hrtimer_restart hrtimer_fn(struct hrtimer *unused)
{
	call();
	return HRTIMER_NORESTART;
}

static struct hrtimer hrtimer;
static enum hrtimer_mode mode;

static void ask_hrtimer(void)
{
	hrtimer_setup(&hrtimer, hrtimer_fn, CLOCK_MONOTONIC, mode);
	hrtimer_start(&hrtimer, 0, mode);
	EXPECT(WAIT_UNTIL(!hrtimer_active(&hrtimer)));
}

static void handler_fn(struct ktimer *unused)
{
	call();
}

static struct ktimer ktimer;

static void ask_handler(void)
{
	timer_init(&ktimer, handler_fn);
	timer_start(&ktimer, 0);
	EXPECT(WAIT_UNTIL(!timer_state(&ktimer)));
}

static void tasklet_fn(struct tasklet_struct *unused)
{
	call();
}

static DECLARE_TASKLET(tasklet, tasklet_fn);

static void ask_tasklet(void)
{
	tasklet_schedule(&tasklet);
	tasklet_kill(&tasklet);
}

static void irq_work_fn(struct irq_work *unused)
{
	call();
}

static struct irq_work irq_work = IRQ_WORK_INIT(irq_work_fn);

static void ask_irq_work(void)
{
	irq_work_queue(&irq_work);
	irq_work_sync(&irq_work);
}

static void cross_call_fn(void *unused)
{
	call();
}

static void ask_cross_call(void)
{
	smp_call_function_single(test_cpu(1), cross_call_fn, NULL, true);
}

static struct rcu_head head;

static void rcu_fn(struct rcu_head *unused)
{
	call();
}

static void ask_rcu(void)
{
	call_rcu(&head, rcu_fn);
	rcu_barrier();
}

DEFINE_STATIC_SRCU(srcu);

static void ask_srcu(void)
{
	call_srcu(&srcu, &head, rcu_fn);
	srcu_barrier(&srcu);
}

#define TEST_VECTOR 0x40 /* nobody else's */

static void interrupt_fn(struct trap_frame *unused)
{
	call();
}

static void ask_interrupt(void)
{
	static bool registered;

	if (!registered)
		irq_register(TEST_VECTOR, "test", interrupt_fn);
	registered = true;
	preempt_disable();
	lapic_send_ipi(this_cpu()->hw_id, TEST_VECTOR);
	preempt_enable();
}

/* ---- What they leave ------------------------------------------------------------------------------------ */

TEST(leak_of_preemption)
{
	const char *of = "began with preempt count";

	timer_setup(&timer, timer_fn, 0);
	expect_report(ask_thread, leave_preemption_off, "thread function thread_fn", of);
	expect_report(ask_work, leave_preemption_off, "work function work_fn", of);
	expect_report(ask_timer, leave_preemption_off, "timer function timer_fn", of);
	expect_report(ask_handler, leave_preemption_off, "timer function handler_fn", of);
	mode = HRTIMER_MODE_REL_SOFT;
	expect_report(ask_hrtimer, leave_preemption_off, "hrtimer function hrtimer_fn", of);
	mode = HRTIMER_MODE_REL_HARD;
	expect_report(ask_hrtimer, leave_preemption_off, "hrtimer function hrtimer_fn", of);
	expect_report(ask_tasklet, leave_preemption_off, "tasklet tasklet_fn", of);
	expect_report(ask_irq_work, leave_preemption_off, "irq_work function irq_work_fn", of);
	expect_report(ask_cross_call, leave_preemption_off, "cross call cross_call_fn", of);
	expect_report(ask_rcu, leave_preemption_off, "RCU callback rcu_fn", of);
	expect_report(ask_srcu, leave_preemption_off, "RCU callback rcu_fn", of);
	expect_report(ask_interrupt, leave_preemption_off, "interrupt handler interrupt_fn", of);
}

TEST(leak_of_interrupts)
{
	const char *off = "ended with preempt count 0x0, interrupts off";

	timer_setup(&timer, timer_fn, 0);
	expect_report(ask_thread, turn_irqs_over, "thread function thread_fn", off);
	expect_report(ask_work, turn_irqs_over, "work function work_fn", off);
	expect_report(ask_timer, turn_irqs_over, "timer function timer_fn", "interrupts off");
	expect_report(ask_tasklet, turn_irqs_over, "tasklet tasklet_fn", "interrupts off");
	expect_report(ask_rcu, turn_irqs_over, "RCU callback rcu_fn", "interrupts off");
	expect_report(ask_interrupt, turn_irqs_over, "interrupt handler interrupt_fn",
		      "interrupts on");
}

/* A reader has preemption off: and the count of readers must be put right too, or the next switch panics. */
TEST(leak_of_reader)
{
	const char *of = "ended with preempt count 0x1";

	expect_report(ask_work, leave_reader, "work function work_fn", of);
	expect_report(ask_thread, leave_reader, "thread function thread_fn", of);
}

TEST(leak_of_lock)
{
	const char *of = "1 locks held: \"a lock\", which was taken at leave_lock+";

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	timer_setup(&timer, timer_fn, 0);
	expect_report(ask_work, leave_lock, "work function work_fn", of);
	expect_report(ask_timer, leave_lock, "timer function timer_fn", "\"a lock\"");
	expect_report(ask_handler, leave_lock, "timer function handler_fn", "\"a lock\"");
	expect_report(ask_tasklet, leave_lock, "tasklet tasklet_fn", "\"a lock\"");
	expect_report(ask_interrupt, leave_lock, "interrupt handler interrupt_fn", "\"a lock\"");
}

/* It is named, and told of once. */
TEST(leak_of_spinlock_by_thread)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	expect_report(ask_thread, leave_spinlock, "thread function thread_fn",
		      "1 locks held: \"a lock\", which was taken at leave_");
}

TEST(leak_of_worker_thread)
{
	worker = kthread_create_worker(0, "errs");
	REQUIRE(!IS_ERR(worker));
	kthread_init_work(&own_work, own_work_fn);
	expect_report(ask_own_work, leave_preemption_off, "work function own_work_fn",
		      "ended with preempt count 0x1");
	if (CONFIG_CHECKED)
		expect_report(ask_own_work, leave_lock, "work function own_work_fn", "\"a lock\"");
	kthread_destroy_worker(worker);
}

static void end_thread(void *lock)
{
	spin_lock((spinlock_t *)lock);
	task_exit();
}

TEST(thread_ends_with_spinlock_held)
{
	DEFINE_SPINLOCK(lock);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(end_thread, &lock, "ends and holds the lock \"lock\""));
}
