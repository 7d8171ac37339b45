/* readers_writers.c: readers together, or a writer alone: a rw_semaphore.
 * SPDX-License-Identifier: MIT
 *
 * The readers inside, and whether a writer is, are parts of one word, which is looked at and changed in one step.
 * log: 0 readers saw half of it
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rwsem.h>

#define READERS 2

static DECLARE_RWSEM(lock);
static int first_half, second_half; /* always the same, under lock */
static DECLARE_COMPLETION(writing);
static DECLARE_COMPLETION(arrived);
static DECLARE_COMPLETION(done);
static atomic_t half_read;

static void read_begin(void)
{
	down_read(&lock);
}

static void read_end(void)
{
	up_read(&lock);
}

static int reader(void *unused)
{
	complete(&arrived);
	read_begin();
	if (READ_ONCE(first_half) != READ_ONCE(second_half))
		atomic_inc(&half_read);
	read_end();
	kthread_complete_and_exit(&done, 0);
}

static int writer(void *unused)
{
	down_write(&lock);
	WRITE_ONCE(first_half, 1);
	complete(&writing);
	for (int i = 0; i < READERS; i++)
		wait_for_completion(&arrived);
	msleep(50); // They come while half of it is written.
	WRITE_ONCE(second_half, 1);
	up_write(&lock);
	kthread_complete_and_exit(&done, 0);
}

static int __init readers_writers_init(void)
{
	struct task_struct *writes = kthread_run(writer, NULL, "writer");
	int threads = 1;

	if (IS_ERR(writes))
		return PTR_ERR(writes);
	wait_for_completion(&writing);
	for (int i = 0; i < READERS; i++) {
		if (!IS_ERR(kthread_run(reader, NULL, "reader/%d", i)))
			threads++;
		else
			complete(&arrived); // Nobody is to wait for it.
	}
	for (int i = 0; i < threads; i++)
		wait_for_completion(&done);
	pr_info("readers_writers: %d readers saw half of it\n", atomic_read(&half_read));
	WARN_ON(atomic_read(&half_read) != 0);
	return 0;
}

static void __exit readers_writers_exit(void)
{
}

module_init(readers_writers_init);
module_exit(readers_writers_exit);
MODULE_LICENSE("Dual MIT/GPL");
