/* test_then_set.c: a lock that looks and takes in one step.
 * SPDX-License-Identifier: MIT
 *
 * test_and_set_bit() is one instruction: of two threads one finds the bit clear. _lock and _unlock keep what is done inside
 * from being moved outside.
 * log: threads met 0 times
 */
#include <linux/bitops.h>
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
static unsigned long busy;

static void enter(void)
{
	while (test_and_set_bit_lock(0, &busy))
		cpu_relax();
}

static void leave(void)
{
	clear_bit_unlock(0, &busy);
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
