/* writer_starvation.c: readers who queue behind a writer that waits.
 * SPDX-License-Identifier: MIT
 *
 * A rw_semaphore lets readers in together, and none past a writer that is first in its queue.
 * log: after many reads the value is 1
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rwsem.h>

#define READERS 3

static struct task_struct *readers[READERS];
static int n_readers; /* that were started */
static DECLARE_COMPLETION(written);
static atomic_t reads;
static int value;
static DECLARE_RWSEM(lock);

static void read_begin(void)
{
	down_read(&lock);
}

static void read_end(void)
{
	up_read(&lock);
}

static void write_begin(void)
{
	down_write(&lock);
}

static void write_end(void)
{
	up_write(&lock);
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
