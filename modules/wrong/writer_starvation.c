/* writer_starvation.c: readers who let each other in, and the writer waits.
 * SPDX-License-Identifier: MIT
 *
 * The textbook's first readers-writers problem: the first reader locks the writers out, the last one lets them in. With three
 * readers there is no last one.
 *
 *      reader 0   |------|    |------|    |------|
 *      reader 1      |------|    |------|    |------|
 *      reader 2         |------|    |------|    |------|
 *      writer        waits ...........................
 *
 * Look for: the value, which nobody has changed, and when the writer gets in: when the readers are stopped.
 * The right one stops new readers when a writer waits.
 * diagnosis: found: !has_written
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>

#define READERS 3

static struct task_struct *readers[READERS];
static int n_readers; /* that were started */
static DECLARE_COMPLETION(written);
static atomic_t reads;
static int value;

/* Courtois, Heymans, Parnas, "Concurrent control with readers and writers", CACM 1971, problem 1. */
static DEFINE_MUTEX(count_lock);
static DEFINE_SEMAPHORE(nobody_inside);
static int inside;

static void read_begin(void)
{
	mutex_lock(&count_lock);
	if (++inside == 1)
		down(&nobody_inside);
	mutex_unlock(&count_lock);
}

static void read_end(void)
{
	mutex_lock(&count_lock);
	if (--inside == 0)
		up(&nobody_inside);
	mutex_unlock(&count_lock);
}

static void write_begin(void)
{
	down(&nobody_inside);
}

static void write_end(void)
{
	up(&nobody_inside);
}

static int reader(void *unused)
{
	while (!kthread_should_stop()) {
		read_begin();
		atomic_inc(&reads);
		msleep(20); // Longer than the time between two readers: one is always inside.
		read_end();
	}
	return 0;
}

static int write_once(void *unused)
{
	write_begin();
	value++;
	write_end();
	kthread_complete_and_exit(&written, 0);
}

static void stop_readers(void)
{
	for (int i = 0; i < n_readers; i++)
		kthread_stop(readers[i]);
}

static int __init writer_starvation_init(void)
{
	struct task_struct *writes;

	while (n_readers < READERS) {
		struct task_struct *reads = kthread_run(reader, NULL, "reader/%d", n_readers);

		if (IS_ERR(reads))
			break;
		readers[n_readers++] = reads;
		msleep(7);
	}
	writes = kthread_run(write_once, NULL, "writer");
	if (IS_ERR(writes))
		stop_readers();
	return PTR_ERR_OR_ZERO(writes);
}

static void __exit writer_starvation_exit(void)
{
	bool has_written = wait_for_completion_timeout(&written, HZ);

	pr_info("writer_starvation: after many reads the value is %d\n", value);
	WARN_ON(!has_written && atomic_read(&reads) > 20);
	stop_readers();
	if (!has_written)
		wait_for_completion(&written);
}

module_init(writer_starvation_init);
module_exit(writer_starvation_exit);
MODULE_LICENSE("Dual MIT/GPL");
