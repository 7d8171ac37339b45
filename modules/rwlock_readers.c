/* rwlock_readers.c: readers read together, a writer writes alone, and may wait for very long: or not.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a reader-writer lock lets in any number of readers, or one writer. One kind prefers
 * readers: who finds others inside joins them, although a writer waits. So a stream of readers
 * that never breaks off keeps the writer out for ever. Two readers make such a stream here, a relay:
 * each stays inside until the other has come in again, and the lock is never free.
 *
 *      reader 0    [=======]   [=======]   [=======]   [==
 *      reader 1        [=======]   [=======]   [=======]
 *      writer            waits  waits  waits  waits  waits ...
 *
 * The other kind is fair: from the moment when the writer stands in the queue, who comes waits behind it.
 * Only readers that were inside by then may have been counted late: no more than there are readers.
 *
 *      reader 0    [=======]   waits        waits  [==
 *      reader 1        [==========]  waits         [==
 *      writer             waits    [writes]
 *
 * Whoever is inside keeps its CPU, and so does a writer that spins for the lock: the relay takes two
 * CPUs, and a writer that waits meanwhile a third one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "demo.h"
#include "rwlock_kinds.h"

#define READERS 2
#define THREADS (READERS + 1) /* the last one writes */
#define PASSES  50            /* how many readers pass the writer before they let it in */
#define WRITES  100
#define READS   500 /* by each reader */
#define KINDS   ARRAY_SIZE(rwlock_kinds)

/* What is done with each kind of lock. */
static struct stage {
	union rwlock_any lock;
	unsigned long left, right; /* the writer changes both under lock: equal for every reader */
	struct completion two_are_inside, relay_over, writer_was_in;
	atomic_t inside;   /* readers that are inside now */
	atomic_t entries;  /* times that a reader went in */
	atomic_t overlaps; /* times that it found another one there */
	atomic_t clashes;  /* times that a reader and the writer met */
	int last_entry;    /* with this entry the relay is over */
	bool enough;       /* it is over */
	atomic_t seen_at; /* entries plus 1, when a reader first saw the writer stand in the queue */
	int passed;       /* how many went in after the writer came */
} stages[KINDS];

static struct task_struct *threads[THREADS];
static DECLARE_COMPLETION(finished);
static bool with_relay, with_writer; /* set once: are there CPUs enough? */

/* ---- Readers ---- */

/* Go in as a reader; returns which entry it is. */
static int reader_enter(struct stage *s, const struct rwlock_kind *kind)
{
	kind->lock_read(&s->lock);
	if (atomic_inc_return(&s->inside) > 1 && atomic_inc_return(&s->overlaps) == 1)
		complete(&s->two_are_inside);
	if (READ_ONCE(s->left) != READ_ONCE(s->right))
		atomic_inc(&s->clashes);
	return atomic_inc_return(&s->entries);
}

static void reader_leave(struct stage *s, const struct rwlock_kind *kind)
{
	atomic_dec(&s->inside);
	kind->unlock_read(&s->lock);
}

/* Stay inside until the other one has come in, or must wait as the writer does; again and again. */
static void run_relay(struct stage *s, const struct rwlock_kind *kind)
{
	while (!READ_ONCE(s->enough)) {
		int mine = reader_enter(s, kind);

		if (mine >= READ_ONCE(s->last_entry))
			WRITE_ONCE(s->enough, true);
		if (with_relay && !demo_spin(atomic_read(&s->entries) != mine ||
					     READ_ONCE(s->enough) || kind->is_contended(&s->lock)))
			WRITE_ONCE(s->enough, true);
		if (kind->is_contended(&s->lock))
			atomic_cmpxchg(&s->seen_at, 0, atomic_read(&s->entries) + 1);
		reader_leave(s, kind);
	}
}

static void read_freely(struct stage *s, const struct rwlock_kind *kind)
{
	for (int i = 0; i < READS; i++) {
		reader_enter(s, kind);
		reader_leave(s, kind);
		cond_resched();
	}
}

/* ---- The writer ---- */

/* Write, alone. Caller holds the lock for writing. */
static void write_both(struct stage *s)
{
	WRITE_ONCE(s->left, s->left + 1);
	udelay(10);
	if (atomic_read(&s->inside))
		atomic_inc(&s->clashes);
	WRITE_ONCE(s->right, s->right + 1);
}

/* Come while the relay runs, and count who goes in before us. */
static void write_into_relay(struct stage *s, const struct rwlock_kind *kind)
{
	int before;

	if (!demo_check(wait_for_completion_timeout(&s->two_are_inside, 2 * DEMO_PATIENCE)))
		return;
	if (!demo_check(!kind->trylock_write(&s->lock)))
		kind->unlock_write(&s->lock);
	before = atomic_read(&s->entries);
	if (!kind->is_fair)
		WRITE_ONCE(s->last_entry, before + PASSES);
	kind->lock_write(&s->lock);
	if (kind->is_fair)
		before = atomic_read(&s->seen_at) - 1;
	s->passed = atomic_read(&s->entries) - before;
	write_both(s);
	WRITE_ONCE(s->enough, true);
	kind->unlock_write(&s->lock);
}

static void write_freely(struct stage *s, const struct rwlock_kind *kind)
{
	for (int i = 0; i < WRITES; i++) {
		kind->lock_write(&s->lock);
		write_both(s);
		kind->unlock_write(&s->lock);
		cond_resched();
	}
}

/* ---- The threads ---- */

static void use_as_reader(struct stage *s, const struct rwlock_kind *kind)
{
	run_relay(s, kind);
	complete(&s->relay_over);
	wait_for_completion(&s->writer_was_in);
	read_freely(s, kind);
}

static void use_as_writer(struct stage *s, const struct rwlock_kind *kind)
{
	if (with_writer)
		write_into_relay(s, kind);
	demo_wait_for(&s->relay_over, READERS);
	complete_all(&s->writer_was_in);
	write_freely(s, kind);
}

static int run_thread(void *number)
{
	for (unsigned int i = 0; i < KINDS; i++) {
		if ((unsigned long)number < READERS)
			use_as_reader(&stages[i], &rwlock_kinds[i]);
		else
			use_as_writer(&stages[i], &rwlock_kinds[i]);
	}
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

static int __init rwlock_readers_init(void)
{
	int error = demo_create(threads, THREADS, run_thread, "rwlock");

	if (error)
		return error;
	with_relay = num_online_cpus() > 1;
	with_writer = num_online_cpus() > READERS;
	for (unsigned int i = 0; i < KINDS; i++) {
		rwlock_kinds[i].init(&stages[i].lock);
		init_completion(&stages[i].two_are_inside);
		init_completion(&stages[i].relay_over);
		init_completion(&stages[i].writer_was_in);
		stages[i].last_entry = with_writer ? INT_MAX : PASSES; // The writer will say.
	}
	demo_spread(threads, min_t(unsigned int, THREADS, num_online_cpus()));
	pr_info("two readers run a relay: each stays inside until the other has come in again.\n");
	pr_info("so the lock is never free. A writer comes: who goes in before it?\n");
	demo_wake(threads, THREADS);
	return 0;
}

static void tell(struct stage *s, const struct rwlock_kind *kind)
{
	if (with_relay)
		demo_check(atomic_read(&s->overlaps) > 0);
	if (with_writer && kind->is_fair) {
		pr_info("%s: a reader saw the writer in the queue; then %d more went in (0 to %d may).\n",
			kind->name, s->passed, READERS);
		demo_check(atomic_read(&s->seen_at) > 0);
		demo_check(s->passed >= 0 && s->passed <= READERS);
	} else if (with_writer) {
		pr_info("%s: %d went in before it, and they could have gone on for ever; they stopped.\n",
			kind->name, s->passed);
		demo_check(s->passed >= PASSES);
	}
	pr_info("%s: in all %d readings, %d of them with company, and %lu writings; both at once: %d.\n",
		kind->name, atomic_read(&s->entries), atomic_read(&s->overlaps), s->left,
		atomic_read(&s->clashes));
	demo_check(atomic_read(&s->clashes) == 0);
	demo_check(s->left == s->right && s->left == WRITES + (with_writer ? 1 : 0));
}

static void __exit rwlock_readers_exit(void)
{
	demo_wait_for(&finished, THREADS);
	demo_stop(threads, THREADS);

	if (!with_relay)
		pr_info("with one CPU no two readers meet inside: who is inside keeps the CPU. Try SMP=4.\n");
	else if (!with_writer)
		pr_info("no writer waited: that takes two CPUs that read, and one that waits. Try SMP=4.\n");
	for (unsigned int i = 0; i < KINDS; i++)
		tell(&stages[i], &rwlock_kinds[i]);
}

module_init(rwlock_readers_init);
module_exit(rwlock_readers_exit);
DEMO("readers together, a writer alone; starved, or fairly served", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
