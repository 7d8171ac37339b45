/* torn_read.c: two words that belong together, read while they are written.
 * SPDX-License-Identifier: MIT
 *
 *      writer                        reader
 *      savings -= 5
 *                                    reads savings, reads checking: 5 are missing
 *      checking += 5
 *
 * Each word is read whole, and right; only together they never were. READ_ONCE() and atomic_t do not help.
 * Look for: how many sums were wrong. The right one has a seqlock: the reader finds out that a writer was there, and reads again.
 * diagnosis: found: torn != 0
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

#define MONEY 1000

static DECLARE_COMPLETION(done);
static int savings = MONEY, checking;
static int torn, sums; /* the reader's */
static int moves;      /* the writer's */

static void move(int amount)
{
	WRITE_ONCE(savings, savings - amount);
	udelay(20);
	WRITE_ONCE(checking, checking + amount);
}

static int sum(void)
{
	int found = READ_ONCE(savings);

	udelay(5); // It may be an interrupt that takes so long.
	return found + READ_ONCE(checking);
}

static int writer(void *unused)
{
	for (; !kthread_should_stop(); moves++) {
		move(moves % 2 ? -5 : 5);
		udelay(20);
		cond_resched();
	}
	return 0;
}

static int reader(void *unused)
{
	unsigned long end = jiffies + HZ / 2;

	while (time_before(jiffies, end)) {
		torn += sum() != MONEY;
		sums++;
		cond_resched();
	}
	kthread_complete_and_exit(&done, 0);
}

static int __init torn_read_init(void)
{
	struct task_struct *reads, *writes = kthread_run(writer, NULL, "writer");

	if (IS_ERR(writes))
		return PTR_ERR(writes);
	reads = kthread_run(reader, NULL, "reader");
	if (!IS_ERR(reads))
		wait_for_completion(&done);
	kthread_stop(writes);
	pr_info("torn_read: %d sums were wrong, of %d, with %d moves\n", torn, sums, moves);
	WARN_ON(torn != 0);
	WARN_ON(!sums || !moves);
	return PTR_ERR_OR_ZERO(reads);
}

static void __exit torn_read_exit(void)
{
}

module_init(torn_read_init);
module_exit(torn_read_exit);
MODULE_LICENSE("Dual MIT/GPL");
