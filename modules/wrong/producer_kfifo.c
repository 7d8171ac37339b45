/* producer_kfifo.c: two producers, and a queue without a lock that is made for one.
 * SPDX-License-Identifier: MIT
 *
 *      producer 0                    producer 1
 *      in is 5
 *                                    in is 5
 *      stores to place 5
 *                                    stores to place 5, over it
 *      in = 6
 *                                    in = 6
 *
 * A kfifo needs no lock as long as one puts and one takes: in belongs to the one, out to the other. With a second producer in has
 * two owners.
 * Look for: how many numbers are missing or came twice. The right one has a lock for the producers; the consumer still needs none.
 * diagnosis: found: wrong != 0
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kfifo.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

#define PRODUCERS 2

static DEFINE_KFIFO(fifo, unsigned int, 64); /* items are number * PRODUCERS + producer */
static DECLARE_COMPLETION(done);
static unsigned long end;
static int wrong; /* items that are not the next of their producer; the consumer's */
static int came;  /* all items; the consumer's */

static bool put(unsigned int item)
{
	return kfifo_put(&fifo, item);
}

static int producer(void *number)
{
	unsigned int item = (unsigned long)number;

	while (time_before(jiffies, end) && !READ_ONCE(wrong)) {
		if (put(item))
			item += PRODUCERS;
		else
			cond_resched();
	}
	kthread_complete_and_exit(&done, 0);
}

static int consumer(void *unused)
{
	unsigned int next[PRODUCERS] = { 0, 1 }, item;

	while (!kthread_should_stop()) {
		cond_resched();
		if (!kfifo_get(&fifo, &item))
			continue;
		came++;
		if (item != next[item % PRODUCERS])
			WRITE_ONCE(wrong, wrong + 1);
		next[item % PRODUCERS] = item + PRODUCERS;
	}
	return 0;
}

static int __init producer_kfifo_init(void)
{
	struct task_struct *consumes = kthread_run(consumer, NULL, "consumer");
	int producers = 0;

	if (IS_ERR(consumes))
		return PTR_ERR(consumes);
	end = jiffies + HZ / 2;
	for (unsigned long i = 0; i < PRODUCERS; i++)
		producers += !IS_ERR(kthread_run(producer, (void *)i, "producer/%lu", i));
	for (int i = 0; i < producers; i++)
		wait_for_completion(&done);
	kthread_stop(consumes);
	pr_info("producer_kfifo: %d items were out of order, of %d\n", wrong, came);
	WARN_ON(wrong != 0);
	WARN_ON(!came);
	return 0;
}

static void __exit producer_kfifo_exit(void)
{
}

module_init(producer_kfifo_init);
module_exit(producer_kfifo_exit);
MODULE_LICENSE("Dual MIT/GPL");
