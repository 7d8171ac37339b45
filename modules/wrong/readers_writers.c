/* readers_writers.c: the first reader waits for the writer, and the second walks past it.
 * SPDX-License-Identifier: MIT
 *
 *      writer                        reader 0                      reader 1
 *      has the lock
 *                                    counts: one, the first
 *                                    waits for the lock
 *      writes one half                                             counts: two, not the first
 *                                                                  reads: half is new, half is old
 *      writes the other half
 *
 * The count is atomic, and that is not enough: that the first was counted and that it has the lock are two things, and between them
 * others believe what the count says. With a mutex around both it would be right (Courtois, Heymans, Parnas, "Concurrent control
 * with readers and writers", CACM 1971; writer_starvation.c has it).
 * Look for: how many read half of it. The right one leaves it to a rw_semaphore.
 * diagnosis: found: atomic_read(&half_read) != 0
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>

#define READERS 2

static DEFINE_SEMAPHORE(lock); /* the writer's, or all the readers' */
static atomic_t inside;
static int first_half, second_half; /* always the same, under lock */
static DECLARE_COMPLETION(writing);
static DECLARE_COMPLETION(arrived);
static DECLARE_COMPLETION(done);
static atomic_t half_read;

static void read_begin(void)
{
	if (atomic_inc_return(&inside) == 1)
		down(&lock);
}

static void read_end(void)
{
	if (atomic_dec_return(&inside) == 0)
		up(&lock);
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
	down(&lock);
	WRITE_ONCE(first_half, 1);
	complete(&writing);
	for (int i = 0; i < READERS; i++)
		wait_for_completion(&arrived);
	msleep(50); // They come while half of it is written.
	WRITE_ONCE(second_half, 1);
	up(&lock);
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
