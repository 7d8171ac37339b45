/* misuse_wait_test.c: who waits for himself is told, and does not wait; nor does a handler become the owner of a mutex.
 * SPDX-License-Identifier: MIT
 *
 * Without the check each of the first waits for ever, and the trylock succeeds on behalf of the thread below.
 */
#include "kernel/core/irq_work.h"
#include "kernel/core/panic.h"
#include "kernel/kthread.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/test.h"
#include "lib/errno.h"

#define NO_CHECKS "the fast profile does not check this"

static struct srcu_struct srcu;
static DEFINE_SPINLOCK(spinlock);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);

static void rcu_in_reader(void)
{
	rcu_read_lock();
	synchronize_rcu();
	rcu_read_unlock();
}

static void rcu_under_spinlock(void)
{
	spin_lock(&spinlock);
	synchronize_rcu_expedited();
	spin_unlock(&spinlock);
}

static void srcu_in_reader(void)
{
	int idx = srcu_read_lock(&srcu);

	synchronize_srcu(&srcu);
	srcu_read_unlock(&srcu, idx);
}

static void stop_oneself(void)
{
	EXPECT_EQ(kthread_stop(current), -EDEADLK);
}

static void try_mutex(struct irq_work *unused)
{
	EXPECT(!mutex_trylock(&mutex));
}

/* What a rwsem does not forbid, as long as the handler gives it back. */
static void try_rwsem(struct irq_work *unused)
{
	if (EXPECT(down_read_trylock(&rwsem)))
		up_read(&rwsem);
	if (EXPECT(down_write_trylock(&rwsem)))
		up_write(&rwsem);
}

static void in_interrupt_handler(void (*fn)(struct irq_work *work))
{
	struct irq_work work = IRQ_WORK_INIT_HARD(fn);

	irq_work_queue(&work);
	irq_work_sync(&work);
}

static void mutex_in_handler(void)
{
	in_interrupt_handler(try_mutex);
}

static void rwsem_in_handler(void)
{
	in_interrupt_handler(try_rwsem);
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *text;
	u32 warnings;
} cases[] = {
	{ "rcu_in_reader", rcu_in_reader, "synchronize_rcu() may sleep", 1 },
	{ "rcu_under_spinlock", rcu_under_spinlock, "synchronize_rcu() may sleep", 1 },
	{ "srcu_in_reader", srcu_in_reader, "inside a reader of it", 1 },
	{ "stop_oneself", stop_oneself, "wait for its own end", 1 },
	{ "mutex_in_handler", mutex_in_handler, "mutex_trylock(\"mutex\") is called at try_mutex",
	  1 },
	{ "rwsem_in_handler", rwsem_in_handler, "", 0 },
};

static void run_case(void *run)
{
	((void (*)(void))run)();
}

TEST(misuse_of_waits_goes_on)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	REQUIRE(init_srcu_struct(&srcu) == 0);
	test_parts(ARRAY_SIZE(cases));
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		test_part(test_warnings(run_case, (void *)cases[i].run, cases[i].text) ==
				  cases[i].warnings,
			  "%s", cases[i].name);
	cleanup_srcu_struct(&srcu);
	EXPECT(!mutex_is_locked(&mutex));
	EXPECT(!rwsem_is_locked(&rwsem));
}
