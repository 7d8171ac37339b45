/* scenario_wait.c: who stores and then looks, and who is looked at: readers that are counted, and waits without a lock.
 * SPDX-License-Identifier: MIT
 *
 * In each, one side stores and then reads what the other stores and then reads. So each needs a full barrier between
 * the two, on both sides; and of the two models it is the one with delayed stores that misses it.
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/srcu_grace.h"
#include "kernel/locking/sleep/wait_bit.h"
#include "kernel/locking/spin/bit_spinlock.h"
#include "kernel/wait_woken.h"
#include "lib/string.h"

/* ---- The percpu_rwsem: thread 0 writes, thread 1 reads ---- */

#define READERS_CPU 2 /* thread 1's */

static struct percpu_rwsem_readers readers[NR_CPUS];
static struct percpu_rw_semaphore sem;
static int first, second; /* equal, but for a moment in the writer */

static void sem_setup(void)
{
	memset(readers, 0, sizeof(readers));
	sem = (struct percpu_rw_semaphore){ .readers = readers };
	init_rwsem(&sem.rwsem);
	init_waitqueue_head(&sem.writer);
	first = second = 0;
}

static void sem_write(void)
{
	percpu_down_write(&sem);
	WRITE_ONCE(first, 1);
	WRITE_ONCE(second, 1);
	percpu_up_write(&sem);
}

static void sem_look(void)
{
	explore_assert(READ_ONCE(first) == READ_ONCE(second));
	percpu_up_read(&sem);
}

static void sem_run(u32 thread)
{
	if (thread == 0) {
		sem_write();
	} else {
		percpu_down_read(&sem);
		sem_look();
	}
}

/* A reader that does not wait: the same race, and a tenth of the states. */
static void sem_try(u32 thread)
{
	if (thread == 0)
		sem_write();
	else if (percpu_down_read_trylock(&sem))
		sem_look();
}

static bool sem_is_free(void)
{
	return !sem.block && !readers[READERS_CPU].count;
}

/* ---- Thread 0 writes in the beginning. Who waited for it counts before the next writer looks; and the next writer keeps
 * readers out although this one has let them in ---- */

static void sem_written_setup(void)
{
	sem_setup();
	atomic_set(&sem.rwsem.count, RWSEM_WRITER);
	sem.rwsem.owner = explore_task(0);
	sem.block = true;
}

static void sem_write_again(u32 thread)
{
	percpu_up_write(&sem);
	sem_write();
}

static void sem_next(u32 thread)
{
	sem_write();
}

static void sem_end_writing(u32 thread)
{
	percpu_up_write(&sem);
}

SCENARIO(percpu_rwsem_again, 2, .slow = true, .about = "a reader between two writers",
	 .setup = sem_written_setup, .each = { sem_write_again, sem_run }, .check = sem_is_free,
	 .watch = { WATCH(sem.block), WATCH(first), WATCH(second) });
SCENARIO(percpu_rwsem_two, 3, .slow = true,
	 .about = "a writer after another, and a reader that tries", .setup = sem_written_setup,
	 .each = { sem_end_writing, sem_try, sem_next }, .check = sem_is_free,
	 .watch = { WATCH(sem.block), WATCH(first), WATCH(second) });
SCENARIO(percpu_rwsem, 2, .threads_go = true, .about = "percpu_down_write() and percpu_down_read()",
	 .setup = sem_setup, .run = sem_run, .check = sem_is_free,
	 .watch = { WATCH(sem.block), WATCH(readers[READERS_CPU].count), WATCH(first),
		    WATCH(second) });
SCENARIO(percpu_rwsem_try, 2, .about = "percpu_down_write() and percpu_down_read_trylock()",
	 .setup = sem_setup, .run = sem_try, .check = sem_is_free,
	 .watch = { WATCH(sem.block), WATCH(readers[READERS_CPU].count), WATCH(first),
		    WATCH(second) });

/* ---- SRCU: thread 0 reads, thread 1 replaces what it reads, twice ---- */

#define VERSIONS 3

static struct srcu_counts counts[NR_CPUS];
static struct srcu_struct srcu;
static u32 current_version;
static bool gone[VERSIONS];

static void srcu_setup(void)
{
	memset(counts, 0, sizeof(counts));
	srcu = (struct srcu_struct){ .counts = counts, .name = "srcu" };
	memset(gone, 0, sizeof(gone));
	current_version = 0;
}

/* synchronize_srcu() without its mutex and its rests: there is one updater. */
static void wait_for_readers(void)
{
	unsigned long cookie = rounds_snap(&srcu.rounds);

	while (!rounds_done(&srcu.rounds, cookie))
		srcu_advance(&srcu);
}

static void srcu_run(u32 thread)
{
	if (thread == 0) {
		int idx = srcu_read_lock(&srcu);
		u32 version = READ_ONCE(current_version);

		explore_assert(!READ_ONCE(gone[version]));
		srcu_read_unlock(&srcu, idx);
		return;
	}
	for (u32 version = 1; version < VERSIONS; version++) {
		WRITE_ONCE(current_version, version);
		wait_for_readers();
		WRITE_ONCE(gone[version - 1], true);
	}
}

SCENARIO(srcu, 2, .about = "a reader, and two grace periods", .setup = srcu_setup, .run = srcu_run,
	 .watch = { WATCH(srcu.idx), WATCH(counts[1].begins), WATCH(current_version),
		    WATCH(gone) });

/* ---- wait_woken() ---- */

static DECLARE_WAIT_QUEUE_HEAD(queue);
static bool happened;

static void woken_setup(void)
{
	init_waitqueue_head(&queue);
	happened = false;
}

/* It may be woken for nothing before. */
static void woken_run(u32 thread)
{
	if (thread) {
		wake_up(&queue);
		WRITE_ONCE(happened, true);
		wake_up(&queue);
	} else {
		DEFINE_WAIT_FUNC(wait, woken_wake_function);

		add_wait_queue(&queue, &wait);
		while (!READ_ONCE(happened))
			wait_woken(&wait, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
		remove_wait_queue(&queue, &wait);
	}
}

SCENARIO(wait_woken, 2, .about = "wait_woken() and wake_up()", .setup = woken_setup,
	 .run = woken_run, .watch = { WATCH(happened) });

/* ---- A waker that looks whether anybody waits, without the queue's lock ---- */

static void active_run(u32 thread)
{
	if (thread) {
		WRITE_ONCE(happened, true);
		smp_mb();
		if (waitqueue_active(&queue))
			wake_up(&queue);
	} else {
		wait_event(queue, READ_ONCE(happened));
	}
}

/* Its store may still be delayed when it looks, and the waiter has not seen it. */
static void active_unfenced(u32 thread)
{
	if (thread) {
		WRITE_ONCE(happened, true);
		if (waitqueue_active(&queue))
			wake_up(&queue);
	} else {
		wait_event(queue, READ_ONCE(happened));
	}
}

SCENARIO(wait_active, 2, .about = "wait_event() and a waker that looks for sleepers first",
	 .setup = woken_setup, .run = active_run, .watch = { WATCH(happened) });
SCENARIO(wait_active_unfenced, 2, .about = "the same waker without a barrier", .needs_fence = true,
	 .setup = woken_setup, .run = active_unfenced, .watch = { WATCH(happened) });

/* ---- wait_on_bit(), wait_on_bit_lock(), and the spinlock in a bit ---- */

static unsigned long word;
static int counter;

static void bit_setup(void)
{
	word = 1;
	counter = 0;
}

static void bit_run(u32 thread)
{
	if (thread) {
		clear_and_wake_up_bit(0, &word);
	} else {
		set_bit(1, &word);
		wait_on_bit(&word, 0, TASK_UNINTERRUPTIBLE);
	}
}

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

static void free_setup(void)
{
	word = 0;
	counter = 0;
}

static void bit_lock_run(u32 thread)
{
	wait_on_bit_lock(&word, 0, TASK_UNINTERRUPTIBLE);
	count();
	clear_and_wake_up_bit(0, &word);
}

/* The other bits may change meanwhile. */
static void bit_spin_run(u32 thread)
{
	set_bit(1 + thread, &word);
	bit_spin_lock(0, &word);
	count();
	bit_spin_unlock(0, &word);
}

static bool other_bit_is_set(void)
{
	return word == 2;
}

static bool both_counted(void)
{
	return word == 0 && counter == 2;
}

static bool all_counted_and_set(void)
{
	return word == 14 && counter == 3;
}

SCENARIO(wait_bit, 2, .threads_go = true, .about = "wait_on_bit() and clear_and_wake_up_bit()",
	 .setup = bit_setup, .run = bit_run, .check = other_bit_is_set, .watch = { WATCH(word) });
SCENARIO(wait_bit_lock, 2, .about = "wait_on_bit_lock(), to take it", .setup = free_setup,
	 .run = bit_lock_run, .check = both_counted, .watch = { WATCH(word), WATCH(counter) });
SCENARIO(bit_spin, 3, .about = "bit_spin_lock()", .setup = free_setup, .run = bit_spin_run,
	 .check = all_counted_and_set, .watch = { WATCH(word), WATCH(counter) });
