/* misuse_context_test.c: after sleeping where one may not, counts that do not match, wrong memory and wrong deferred
 * work, which is reported, the kernel goes on: all in one boot.
 * SPDX-License-Identifier: MIT
 *
 * As misuse_lock_test.c.
 */
#include "kernel/base/held.h"
#include "kernel/core/hrtimer.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/percpu.h"
#include "kernel/core/slab.h"
#include "kernel/core/timer_list.h"
#include "kernel/kthread_worker.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/tasklet.h"
#include "kernel/test/lock_test.h"
#include "kernel/workqueue.h"
#include "lib/string.h"

#define NO_CHECKS "the fast profile does not check this"

static DEFINE_SPINLOCK(spinlock);
static DEFINE_MUTEX(mutex);
DEFINE_STATIC_SRCU(srcu);

/* ---- Sleeping where one may not ---- */

static void mutex_under_spinlock(void)
{
	spin_lock(&spinlock);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	spin_unlock(&spinlock);
}

static void mutex_with_interrupts_off(void)
{
	local_irq_disable();
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	local_irq_enable();
}

static void mutex_in_rcu_reader(void)
{
	rcu_read_lock();
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	rcu_read_unlock();
}

static void alloc_under_spinlock(void)
{
	void *obj;

	spin_lock(&spinlock);
	obj = kmalloc(64, GFP_KERNEL);
	spin_unlock(&spinlock);
	kfree(obj);
}

static void schedule_under_spinlock(void)
{
	spin_lock(&spinlock);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	spin_unlock(&spinlock);
}

static void schedule_with_interrupts_off(void)
{
	local_irq_disable();
	schedule();
	local_irq_enable();
}

static void schedule_in_lost_reader(void)
{
	rcu_read_lock();
	preempt_enable();
	schedule();
}

/* ---- What does not match ---- */

static void irqs_restored_twice(void)
{
	unsigned long outer, inner;

	local_irq_save(outer);
	local_irq_save(inner);
	local_irq_restore(outer);
	local_irq_restore(inner);
}

static void softirqs_on_twice(void)
{
	local_bh_disable();
	local_bh_enable();
	local_bh_enable();
}

static void softirqs_on_with_interrupts_off(void)
{
	local_bh_disable();
	local_irq_disable();
	local_bh_enable();
	local_irq_enable();
}

static void reader_ended_twice(void)
{
	rcu_read_lock();
	rcu_read_unlock();
	rcu_read_unlock();
}

static int nothing;
static int __rcu *nowhere = (int __rcu *)&nothing;

static void dereferenced_outside(void)
{
	EXPECT(rcu_dereference(nowhere) == &nothing);
}

static void srcu_ended_by_no_number(void)
{
	srcu_read_unlock(&srcu, 7);
}

/* ---- Callbacks, timers and works ---- */

static struct rcu_head head;
static atomic_t n_called;

static void called(struct rcu_head *unused)
{
	atomic_inc(&n_called);
}

static void callback_queued_twice(void)
{
	call_rcu(&head, called);
	call_rcu(&head, called);
}

static void callback_is_null(void)
{
	call_rcu(&head, NULL);
}

static struct {
	struct timer_list timer;
	struct hrtimer hrtimer;
	struct tasklet_struct tasklet;
	struct work_struct work;
	struct kthread_work kthread_work;
} zeros;

static void timer_never(void)
{
	EXPECT_EQ(mod_timer(&zeros.timer, jiffies), 0);
}

static void hrtimer_never(void)
{
	hrtimer_start(&zeros.hrtimer, 0, HRTIMER_MODE_REL_HARD);
}

static void tasklet_never(void)
{
	tasklet_schedule(&zeros.tasklet);
}

static void work_never(void)
{
	EXPECT(!schedule_work(&zeros.work));
}

static void does_nothing(struct work_struct *work)
{
}

static void work_enabled(void)
{
	struct work_struct work;

	INIT_WORK(&work, does_nothing);
	enable_work(&work);
	EXPECT(schedule_work(&work));
	flush_work(&work);
}

/* ---- Memory ---- */

static void freed_twice(void)
{
	void *obj = kmalloc(64, GFP_KERNEL);

	kfree(obj);
	kfree(obj);
}

static void freed_with_lock_held(void)
{
	struct mutex *lock = kmalloc(sizeof(*lock), GFP_KERNEL);

	REQUIRE(lock);
	mutex_init(lock);
	mutex_lock(lock);
	kfree(lock);
}

static void written_when_free(void)
{
	char *obj = kmalloc(64, GFP_KERNEL);

	REQUIRE(obj);
	kfree(obj);
	obj[8] = 1;
	EXPECT(kmalloc(64, GFP_KERNEL) == obj);
	kfree(obj);
}

static void page_written_when_free(void)
{
	char *page = page_alloc(0);

	REQUIRE(page);
	page_free(page, 0);
	page[8] = 1;
	EXPECT(page_alloc(0) == page);
	page_free(page, 0);
}

static void page_freed_twice(void)
{
	void *page = page_alloc(0);

	REQUIRE(page);
	page_free(page, 0);
	page_free(page, 0);
}

static void percpu_freed_twice(void)
{
	// cppcheck-suppress AssignmentIntegerToAddress // it takes the offset for a number
	int __percpu *counter = alloc_percpu(int);

	free_percpu(counter);
	free_percpu(counter);
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *text;
} cases[] = {
	{ "mutex_under_spinlock", mutex_under_spinlock, "may sleep" },
	{ "mutex_with_interrupts_off", mutex_with_interrupts_off, "interrupts off" },
	{ "mutex_in_rcu_reader", mutex_in_rcu_reader, "inside the RCU reader" },
	{ "alloc_under_spinlock", alloc_under_spinlock, "GFP_KERNEL, which may sleep" },
	{ "schedule_under_spinlock", schedule_under_spinlock, "scheduling while atomic" },
	{ "schedule_with_interrupts_off", schedule_with_interrupts_off, "scheduling while atomic" },
	{ "schedule_in_lost_reader", schedule_in_lost_reader, "scheduling inside the RCU reader" },
	{ "irqs_restored_twice", irqs_restored_twice, "with interrupts on" },
	{ "softirqs_on_twice", softirqs_on_twice, "nobody has turned them off" },
	{ "softirqs_on_with_interrupts_off", softirqs_on_with_interrupts_off, "they would run so" },
	{ "reader_ended_twice", reader_ended_twice, "is in no reader" },
	{ "dereferenced_outside", dereferenced_outside, "suspicious RCU usage" },
	{ "srcu_ended_by_no_number", srcu_ended_by_no_number, "returns 0 or 1" },
	{ "callback_queued_twice", callback_queued_twice, "queued twice" },
	{ "callback_is_null", callback_is_null, "is no function" },
	{ "timer_never_set_up", timer_never, "never set up" },
	{ "hrtimer_never_set_up", hrtimer_never, "never set up" },
	{ "tasklet_never_set_up", tasklet_never, "never set up" },
	{ "work_never_set_up", work_never, "INIT_WORK() it" },
	{ "work_enabled", work_enabled, "which is not disabled" },
	{ "freed_twice", freed_twice, "it is free already" },
	{ "freed_with_lock_held", freed_with_lock_held, "the lock \"lock\"" },
	{ "written_when_free", written_when_free, "written to while it was free" },
	{ "page_written_when_free", page_written_when_free, "after it was freed" },
	{ "page_freed_twice", page_freed_twice, "it is free already" },
	{ "percpu_freed_twice", percpu_freed_twice, "it is free already" },
};

static void run_case(void *run)
{
	((void (*)(void))run)();
}

TEST(misuse_of_context_goes_on)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	test_parts(ARRAY_SIZE(cases));
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int told;

		told = test_warnings(run_case, (void *)cases[i].run, cases[i].text);
		lockdep_rewind(0); // A lock in memory that is gone is held by nobody.
		hook_sleep_released_all(current);
		test_part(told == 1 && !irqs_disabled() && preempt_count() == 0 &&
				  !rcu_read_lock_held() && READ_ONCE(current->__state) == 0,
			  "%s", cases[i].name);
	}
	rcu_barrier();
	EXPECT_EQ(atomic_read(&n_called), 1);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

/* ---- A wait where none may be becomes one that looks again and again ---- */

struct wait {
	struct completion completion;
	bool waits;
};

static int complete_later(void *arg)
{
	struct wait *wait = arg;

	EXPECT(WAIT_UNTIL(READ_ONCE(wait->waits)));
	complete(&wait->completion);
	return 0;
}

static void wait_under_spinlock(void *arg)
{
	struct wait *wait = arg;

	spin_lock(&spinlock);
	WRITE_ONCE(wait->waits, true);
	wait_for_completion(&wait->completion);
	EXPECT_EQ(preempt_count(), PREEMPT_OFFSET);
	spin_unlock(&spinlock);
}

TEST(misuse_atomic_wait_ends)
{
	struct wait wait = { .waits = false };
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	if (num_online_cpus() < 2)
		SKIP("nobody else could end it");
	init_completion(&wait.completion);
	REQUIRE(actor_start(&actor, complete_later, &wait, ANY_CPU));
	EXPECT(test_warnings(wait_under_spinlock, &wait, "") >= 1);
	actor_join(&actor);
	EXPECT_CONTEXT(false, 0);
}

/* ---- A thread that ends, and holds a lock ---- */

static struct mutex left_held;

static int ends_with_lock(void *unused)
{
	mutex_lock(&left_held);
	return 0;
}

static void run_thread(void *task)
{
	struct task_struct **thread = task;

	*thread = kthread_create(ends_with_lock, NULL, "keeper");
	REQUIRE(!IS_ERR(*thread));
	get_task_struct(*thread);
	wake_up_process(*thread);
	EXPECT(WAIT_UNTIL(READ_ONCE((*thread)->__state) == TASK_DEAD));
}

/* The lock stays held, and its holder can still be asked for his name. */
TEST(misuse_ended_thread_holds)
{
	struct task_struct *thread = NULL;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	mutex_init(&left_held);
	EXPECT_EQ(warn_expect_anywhere(run_thread, &thread, "ends and holds the lock"), 1);
	REQUIRE(!IS_ERR_OR_NULL(thread));
	EXPECT(mutex_is_locked(&left_held));
	EXPECT(READ_ONCE(left_held.owner) == thread);
	put_task_struct(thread);
	EXPECT(!strcmp(thread->comm, "keeper"));
	hook_sleep_released_all(thread);
	put_task_struct(thread); // that of its locks
}
