/* rwsem_demo.c: readers read together, a writer writes alone, and neither keeps the other out for ever.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a reader-writer semaphore is the rwlock of those who may sleep, inside too. Unlike the
 * spinning one (rwlock_readers.c) it does not prefer readers: one that comes while a writer waits stands
 * behind it, although others still read. And a writer that has written, and wants to go on reading what
 * it wrote, becomes a reader without letting go: downgrade_write() lets waiting readers in beside it, and
 * no writer.
 *
 *      reader 0    [=======================]
 *      reader 1    [===================]
 *      writer          waits               [write| reads on ======]
 *      reader 2            waits                 [================]
 *      writer 2               waits                               [=====]
 *
 * The threads are kept where they are wanted: a reader leaves when it is told to.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/sched.h>

#include "demo.h"

#define EARLY   2 /* readers that come first */
#define LATE    3 /* readers that come after the writer */
#define READERS (EARLY + LATE)
#define ROUNDS  50 /* of everybody, in the end */

static DECLARE_RWSEM(rwsem);
static unsigned long left, right; /* protected by rwsem: equal, but while a writer is inside */

static struct task_struct *readers[READERS], *writer, *second;
static bool may_leave[READERS]; /* readers; each its own */
static bool may_downgrade, writer_may_leave;
static atomic_t inside = ATOMIC_INIT(0);  /* readers */
static atomic_t writing = ATOMIC_INIT(0); /* writers */
static atomic_t clashes = ATOMIC_INIT(0);
static bool first_wrote, downgraded, second_wrote;
static DECLARE_COMPLETION(all_free); /* everybody may go on as it likes */
static DECLARE_COMPLETION(finished);

static void look(void)
{
	if (atomic_read(&writing) || READ_ONCE(left) != READ_ONCE(right))
		atomic_inc(&clashes);
}

/* Caller has it for writing. */
static void write_both(void)
{
	if (atomic_inc_return(&writing) != 1 || atomic_read(&inside))
		atomic_inc(&clashes);
	WRITE_ONCE(left, left + 1);
	cond_resched();
	WRITE_ONCE(right, right + 1);
	atomic_dec(&writing);
}

static void read_freely(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		down_read(&rwsem);
		look();
		up_read(&rwsem);
		cond_resched();
	}
}

static void write_freely(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		down_write(&rwsem);
		write_both();
		up_write(&rwsem);
		cond_resched();
	}
}

static int run_reader(void *number)
{
	down_read(&rwsem);
	atomic_inc(&inside);
	look();
	demo_check(demo_wait(READ_ONCE(may_leave[(long)number])));
	look();
	atomic_dec(&inside);
	up_read(&rwsem);
	wait_for_completion(&all_free);
	read_freely();
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int run_writer(void *unused)
{
	down_write(&rwsem);
	write_both();
	WRITE_ONCE(first_wrote, true);
	demo_check(demo_wait(READ_ONCE(may_downgrade)));
	downgrade_write(&rwsem);
	WRITE_ONCE(downgraded, true);
	demo_check(demo_wait(READ_ONCE(writer_may_leave)));
	// Nobody wrote since.
	demo_check(left == 1 && right == 1 && !READ_ONCE(second_wrote));
	up_read(&rwsem);
	wait_for_completion(&all_free);
	write_freely();
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int run_second(void *unused)
{
	down_write(&rwsem);
	write_both();
	WRITE_ONCE(second_wrote, true);
	up_write(&rwsem);
	wait_for_completion(&all_free);
	write_freely();
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

/* Start @thread, and wait until it sleeps in the queue. */
static void let_queue(struct task_struct *thread)
{
	wake_up_process(thread);
	demo_check(demo_wait(rwsem_is_contended(&rwsem) && demo_asleep(thread)));
}

/* ---- The scenes ---- */

static void show_readers_together(void)
{
	for (int i = 0; i < EARLY; i++)
		wake_up_process(readers[i]);
	demo_check(demo_wait(atomic_read(&inside) == EARLY));
	pr_info("%d readers are inside at the same time.\n", EARLY);
	demo_check(down_write_trylock(&rwsem) == 0);
}

static void show_writer_is_not_passed(void)
{
	let_queue(writer);
	for (int i = EARLY; i < READERS; i++)
		let_queue(readers[i]);
	demo_check(down_read_trylock(&rwsem) == 0);
	let_queue(second);
	pr_info("a writer waits for them; %d readers that came later stand behind it: %d inside.\n",
		LATE, atomic_read(&inside));
	demo_check(atomic_read(&inside) == EARLY && !READ_ONCE(first_wrote));
	for (int i = 0; i < EARLY; i++)
		WRITE_ONCE(may_leave[i], true);
	demo_check(demo_wait(READ_ONCE(first_wrote)));
	pr_info("the readers left, and the writer was the next; readers that passed it: %d.\n",
		atomic_read(&inside));
	demo_check(atomic_read(&inside) == 0);
}

static void show_downgrade(void)
{
	WRITE_ONCE(may_downgrade, true);
	demo_check(demo_wait(READ_ONCE(downgraded) && atomic_read(&inside) == LATE));
	pr_info("it became a reader: the %d that waited read beside it, a second writer still waits.\n",
		LATE);
	demo_check(!READ_ONCE(second_wrote) && rwsem_is_locked(&rwsem));
	demo_check(down_write_trylock(&rwsem) == 0);
	WRITE_ONCE(writer_may_leave, true);
	for (int i = EARLY; i < READERS; i++)
		WRITE_ONCE(may_leave[i], true);
	demo_check(demo_wait(READ_ONCE(second_wrote)));
	pr_info("when all had left, the second writer wrote.\n");
}

static int __init rwsem_demo_init(void)
{
	int error = demo_create(readers, READERS, run_reader, "reader");

	if (error)
		return error;
	error = demo_create(&writer, 1, run_writer, "writer");
	if (error)
		goto stop_readers;
	error = demo_create(&second, 1, run_second, "second writer");
	if (error)
		goto stop_writer;
	return 0;

stop_writer:
	demo_stop(&writer, 1);
stop_readers:
	demo_stop(readers, READERS);
	return error;
}

static void __exit rwsem_demo_exit(void)
{
	show_readers_together();
	show_writer_is_not_passed();
	show_downgrade();
	complete_all(&all_free);
	demo_wait_for(&finished, READERS + 2);
	demo_stop(readers, READERS);
	demo_stop(&writer, 1);
	demo_stop(&second, 1);
	pr_info("then all came as they liked: %lu writings; a writer that was not alone: %d times.\n",
		left, atomic_read(&clashes));
	demo_check(left == right && left == 2 + 2 * ROUNDS);
	demo_check(atomic_read(&clashes) == 0 && !rwsem_is_locked(&rwsem));
}

module_init(rwsem_demo_init);
module_exit(rwsem_demo_exit);
DEMO("a writer that waits is not passed; downgrading", READERS + 2);
MODULE_LICENSE("Dual MIT/GPL");
