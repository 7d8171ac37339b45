/* philosophers.c: everybody takes the fork with the lower number first.
 * SPDX-License-Identifier: MIT
 *
 * Who waits for a fork has only lower ones. The one with the highest fork of all waits for nobody, eats, and so on downwards. Here
 * the last one takes its right fork first. (Dijkstra, EWD 310, 1971; Havender, IBM Systems Journal, 1968.)
 * log: philosophers: 20 of 20 meals
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>

#define SEATS    5
#define MEALS    4 /* of each */
#define PATIENCE (20 * HZ)

static struct semaphore forks[SEATS]; /* fork i lies to the left of seat i */
static DECLARE_COMPLETION(open);
static DECLARE_COMPLETION(done);
static unsigned int seated; /* threads that were started */
static atomic_t meals;

static void dine(int seat)
{
	int left = seat, right = (seat + 1) % SEATS;
	struct semaphore *first = &forks[min(left, right)], *second = &forks[max(left, right)];

	down(first);
	msleep(20);
	down(second);
	atomic_inc(&meals);
	up(second);
	up(first);
}

static int philosopher(void *seat)
{
	wait_for_completion(&open);
	for (int i = 0; i < MEALS; i++)
		dine((unsigned long)seat);
	kthread_complete_and_exit(&done, 0);
}

static int __init philosophers_init(void)
{
	for (int i = 0; i < SEATS; i++)
		sema_init(&forks[i], 1);
	for (unsigned long i = 0; i < SEATS; i++)
		seated += !IS_ERR(kthread_run(philosopher, (void *)i, "seat/%lu", i));
	complete_all(&open);
	return 0;
}

static void __exit philosophers_exit(void)
{
	unsigned int gone = 0;

	while (gone < seated && wait_for_completion_timeout(&done, PATIENCE))
		gone++;
	pr_info("philosophers: %d of %u meals\n", atomic_read(&meals), seated * MEALS);
	WARN_ON(gone < seated);
	while (gone < seated) { // A fork more opens the circle.
		up(&forks[0]);
		while (gone < seated && wait_for_completion_timeout(&done, HZ / 2))
			gone++;
	}
}

module_init(philosophers_init);
module_exit(philosophers_exit);
MODULE_LICENSE("Dual MIT/GPL");
