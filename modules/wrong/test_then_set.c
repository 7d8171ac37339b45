/* test_then_set.c: a lock that looks first, and takes then.
 * SPDX-License-Identifier: MIT
 *
 * Each of two threads looks, finds the flag clear, and sets it: both are inside. That the flag is read and written by
 * READ_ONCE() and WRITE_ONCE() does not help: each is one access, and the two are not one.
 *
 *      T1                            T2
 *      busy? no
 *                                    busy? no
 *      busy = true                   busy = true
 *      is alone, it thinks           is alone, it thinks
 *
 * Look for: how often they met. The right one tests and sets in one step.
 * diagnosis: found: atomic_read(&met) != 0
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>

#define THREADS 4

static DECLARE_COMPLETION(done);
static unsigned long end;
static atomic_t inside; /* threads that believe they are alone */
static atomic_t met;    /* times that they were not */
static bool busy;

static void enter(void)
{
	while (READ_ONCE(busy))
		cpu_relax();
	udelay(1); // However short this is, somebody else can be as far.
	WRITE_ONCE(busy, true);
}

static void leave(void)
{
	WRITE_ONCE(busy, false);
}

static int worker(void *unused)
{
	while (time_before(jiffies, end) && !atomic_read(&met)) {
		enter();
		if (atomic_inc_return(&inside) > 1)
			atomic_inc(&met);
		udelay(2);
		atomic_dec(&inside);
		leave();
		cond_resched();
	}
	kthread_complete_and_exit(&done, 0);
}

static int __init test_then_set_init(void)
{
	int workers = 0;

	end = jiffies + HZ / 2;
	for (int i = 0; i < THREADS; i++)
		workers += !IS_ERR(kthread_run(worker, NULL, "worker/%d", i));
	for (int i = 0; i < workers; i++)
		wait_for_completion(&done);
	pr_info("test_then_set: %d threads met %d times\n", workers, atomic_read(&met));
	WARN_ON(atomic_read(&met) != 0);
	return 0;
}

static void __exit test_then_set_exit(void)
{
}

module_init(test_then_set_init);
module_exit(test_then_set_exit);
MODULE_LICENSE("Dual MIT/GPL");
