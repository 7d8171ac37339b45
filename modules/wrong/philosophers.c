/* philosophers.c: each has one fork, and waits for its neighbour's.
 * SPDX-License-Identifier: MIT
 *
 * Five at a round table, a fork between any two, and who eats needs both beside its plate. All take the left one. None is left.
 *
 *      0 has fork 0, waits for 1     1 has fork 1, waits for 2     ...     4 has fork 4, waits for 0
 *
 * Semaphores have no owner: no checker sees the circle. Had they been mutexes, the validator would report it before it closes.
 * Look for: how many meals there were. Right are philosophers.c (the lower fork first: no circle), and philosophers_waiter.c (one
 * of the five stands: a circle of four has a gap).
 * diagnosis: found: gone < seated
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>

#define SEATS    5
#define MEALS    4 /* of each */
#define PATIENCE HZ

static struct semaphore forks[SEATS]; /* fork i lies to the left of seat i */
static DECLARE_COMPLETION(open);
static DECLARE_COMPLETION(done);
static unsigned int seated; /* threads that were started */
static atomic_t meals;

static void dine(int seat)
{
	struct semaphore *first = &forks[seat], *second = &forks[(seat + 1) % SEATS];

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
