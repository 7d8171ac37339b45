/* bounded_buffer.c: producers and consumers share a buffer: a monitor, built from a mutex and wait queues.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a monitor is data, a mutex that guards it, and conditions to wait for inside. Waiting
 * for a condition must release the mutex, or nobody could bring the condition about; and it must do so
 * only when the waiter is in the queue already, or the signal could come in between and be lost:
 *
 *      consumer                                producer
 *      locks, finds the buffer empty
 *      queues itself, state = sleeping
 *      unlocks
 *                                              locks, puts an item in, signals: wakes the consumer
 *      schedule(): does not sleep
 *      locks, looks again
 *
 * It looks again because between the signal and its lock another consumer may have taken the item: a
 * signal is a hint, not a promise. (Lampson and Redell, "Experience with processes and monitors in
 * Mesa", CACM 1980. In Hoare's monitors of 1974 the signaled thread goes on at once, and `if` would do.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "demo.h"

#define PRODUCERS 3
#define CONSUMERS 2
#define ITEMS     50 /* of each producer */
#define CAPACITY  4

struct item {
	int producer;
	int number; /* 0, 1, ... of that producer */
};

static DEFINE_MUTEX(monitor);
static DECLARE_WAIT_QUEUE_HEAD(not_full);
static DECLARE_WAIT_QUEUE_HEAD(not_empty);

/* All protected by monitor. */
static struct item buffer[CAPACITY];
static int first, filled, most_filled;
static int next_number[PRODUCERS]; /* of the item that must be taken next */
static int taken, disordered, over_capacity;
static int waits_when_full, waits_when_empty;
static int wait_for_items; /* consumers that do now */
static bool closed;

static struct task_struct *producers[PRODUCERS], *consumers[CONSUMERS];
static DECLARE_COMPLETION(produced);
static DECLARE_COMPLETION(consumed);

/* ---- A condition variable ---- */

/* Wait for a signal. Caller is in the monitor; it leaves it, and is in it again on return. */
static void condition_wait(wait_queue_head_t *condition)
{
	DEFINE_WAIT(wait);

	prepare_to_wait_exclusive(condition, &wait, TASK_UNINTERRUPTIBLE);
	mutex_unlock(&monitor);
	schedule();
	finish_wait(condition, &wait);
	mutex_lock(&monitor);
}

/* ---- The monitor ---- */

static void buffer_put(struct item item)
{
	mutex_lock(&monitor);
	while (filled == CAPACITY) {
		waits_when_full++;
		condition_wait(&not_full);
	}
	buffer[(first + filled) % CAPACITY] = item;
	filled++;
	most_filled = max(most_filled, filled);
	over_capacity += filled > CAPACITY;
	wake_up(&not_empty);
	mutex_unlock(&monitor);
}

/* Take the oldest item; returns false if there will never be another. */
static bool buffer_take(void)
{
	struct item item;

	mutex_lock(&monitor);
	while (!filled && !closed) {
		waits_when_empty++;
		wait_for_items++;
		condition_wait(&not_empty);
		wait_for_items--;
	}
	if (!filled) {
		mutex_unlock(&monitor);
		return false;
	}
	item = buffer[first];
	first = (first + 1) % CAPACITY;
	filled--;
	taken++;
	disordered += item.number != next_number[item.producer]++;
	wake_up(&not_full);
	mutex_unlock(&monitor);
	return true;
}

static void buffer_close(void)
{
	mutex_lock(&monitor);
	closed = true;
	wake_up_all(&not_empty);
	mutex_unlock(&monitor);
}

/* ---- The threads ---- */

static int produce(void *number)
{
	for (int i = 0; i < ITEMS; i++)
		buffer_put((struct item){ .producer = (int)(long)number, .number = i });
	complete(&produced);
	demo_wait_for_stop();
	return 0;
}

static int consume(void *number)
{
	while (buffer_take())
		;
	complete(&consumed);
	demo_wait_for_stop();
	return 0;
}

static int __init bounded_buffer_init(void)
{
	int error = demo_create(producers, PRODUCERS, produce, "producer");

	if (error)
		return error;
	error = demo_create(consumers, CONSUMERS, consume, "consumer");
	if (error) {
		demo_stop(producers, PRODUCERS);
		return error;
	}
	pr_info("%d producers make %d items each, %d consumers take them, through a buffer for %d.\n",
		PRODUCERS, ITEMS, CONSUMERS, CAPACITY);
	demo_wake(producers, PRODUCERS);
	return 0;
}

static void __exit bounded_buffer_exit(void)
{
	// Nobody consumes yet: each producer comes to wait, once.
	demo_check(demo_wait(READ_ONCE(waits_when_full) == PRODUCERS));
	mutex_lock(&monitor);
	pr_info("nobody consumes yet: %d items are in, and the producers wait.\n", filled);
	demo_check(filled == CAPACITY && waits_when_full == PRODUCERS && taken == 0);
	mutex_unlock(&monitor);

	demo_wake(consumers, CONSUMERS);
	demo_wait_for(&produced, PRODUCERS);
	demo_check(demo_wait(READ_ONCE(taken) == PRODUCERS * ITEMS &&
			     READ_ONCE(wait_for_items) == CONSUMERS));
	mutex_lock(&monitor);
	pr_info("then the consumers took all, and wait for more: %d are left.\n", filled);
	demo_check(filled == 0 && waits_when_empty >= CONSUMERS);
	mutex_unlock(&monitor);
	buffer_close();
	demo_wait_for(&consumed, CONSUMERS);
	demo_stop(producers, PRODUCERS);
	demo_stop(consumers, CONSUMERS);

	pr_info("%d of %d items were taken, %d out of their producer's order; at most %d were in.\n",
		taken, PRODUCERS * ITEMS, disordered, most_filled);
	pr_info("producers waited %d times because it was full, consumers %d times because it was empty.\n",
		waits_when_full, waits_when_empty);
	// In order, and as many as were made: none is lost, none came twice.
	demo_check(taken == PRODUCERS * ITEMS && disordered == 0);
	for (int i = 0; i < PRODUCERS; i++)
		demo_check(next_number[i] == ITEMS);
	demo_check(most_filled == CAPACITY && over_capacity == 0);
}

module_init(bounded_buffer_init);
module_exit(bounded_buffer_exit);
DEMO("a monitor: no item lost, doubled or out of order", PRODUCERS + CONSUMERS);
MODULE_LICENSE("Dual MIT/GPL");
