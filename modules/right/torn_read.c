/* torn_read.c: two words that belong together, read again if they were written meanwhile.
 * SPDX-License-Identifier: MIT
 *
 * The writer makes the sequence number odd, writes, and makes it even. A reader for whom it was odd, or has changed, has seen nothing:
 * it reads again. It keeps nobody out, so it must not act on what it read before it knows.
 * log: 0 sums were wrong
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seqlock.h>

#define MONEY 1000

static DEFINE_SEQLOCK(lock);
static DECLARE_COMPLETION(done);
static int savings = MONEY, checking;
static int torn, sums; /* the reader's */
static int moves;      /* the writer's */

static void move(int amount)
{
	write_seqlock(&lock);
	WRITE_ONCE(savings, savings - amount);
	udelay(20);
	WRITE_ONCE(checking, checking + amount);
	write_sequnlock(&lock);
}

static int sum(void)
{
	unsigned int seq;
	int found;

	do {
		seq = read_seqbegin(&lock);
		found = READ_ONCE(savings);
		udelay(5); // It may be an interrupt that takes so long.
		found += READ_ONCE(checking);
	} while (read_seqretry(&lock, seq));
	return found;
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
