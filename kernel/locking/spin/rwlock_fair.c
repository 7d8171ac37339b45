/* rwlock_fair.c: the contended paths of the reader-writer lock with a queue.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock_fair.h"

#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"

/* Who must not wait in the queue: it may have interrupted somebody whom the queue waits for. */
static bool must_barge(void)
{
	return !in_task();
}

static bool writer_inside(struct rwlock_fair *lock)
{
	return (u64)atomic64_read(&lock->whole) & RWLOCK_FAIR_WRITER;
}

/* Add @more to the word, draw the ticket with it, and wait to be first in the queue. */
static void join(struct rwlock_fair *lock, u64 more)
{
	u64 word = (u64)atomic64_fetch_add((s64)(RWLOCK_FAIR_QUEUED + more), &lock->whole);
	u32 queued = ((u32)word & ~(u32)RWLOCK_FAIR_WRITER) / (u32)RWLOCK_FAIR_QUEUED;
	u32 ticket = (u32)(word / RWLOCK_FAIR_SERVED) + queued;

	while ((u32)((u64)atomic64_read(&lock->whole) / RWLOCK_FAIR_SERVED) != ticket) {
		hook_spin();
		cpu_relax();
	}
}

/* Our 1 is among the readers; a writer is inside, or somebody is queued. */
static void read_slow(struct rwlock_fair *lock)
{
	if (must_barge()) {
		while (writer_inside(lock)) {
			hook_spin();
			cpu_relax();
		}
		// [C] pairs with [D] in rwlock_fair_write_unlock(): what the writer wrote before is seen.
		barrier();
		return;
	}
	join(lock, -RWLOCK_FAIR_READER);
	while (writer_inside(lock)) {
		hook_spin();
		cpu_relax();
	}
	// While we are first nobody else sets W, so it stays clear.
	atomic64_add((s64)(RWLOCK_FAIR_SERVED - RWLOCK_FAIR_QUEUED + RWLOCK_FAIR_READER),
		     &lock->whole);
}

noinline void rwlock_fair_read_slow(struct rwlock_fair *lock)
{
	struct hook_spin outer = hook_spin_begin(lock, "rwlock");

	read_slow(lock);
	hook_spin_end(outer);
}

noinline void rwlock_fair_write_slow(struct rwlock_fair *lock)
{
	struct hook_spin outer = hook_spin_begin(lock, "rwlock");
	const u64 inside = RWLOCK_FAIR_WRITER | RWLOCK_FAIR_READERS;
	s64 word;

	join(lock, 0);
	do {
		while ((u64)(word = atomic64_read(&lock->whole)) & inside) {
			hook_spin();
			cpu_relax();
		}
	} while (!atomic64_try_cmpxchg(
		&lock->whole, &word,
		(s64)((u64)word + RWLOCK_FAIR_SERVED - RWLOCK_FAIR_QUEUED + RWLOCK_FAIR_WRITER)));
	hook_spin_end(outer);
}

bool rwlock_fair_read_trylock(struct rwlock_fair *lock)
{
	const u32 in_the_way = must_barge() ? (u32)RWLOCK_FAIR_WRITER : ~RWLOCK_FAIR_READERS;
	int word = atomic_read(&lock->half);

	while (!((u32)word & in_the_way)) {
		if (atomic_try_cmpxchg(&lock->half, &word, word + (int)RWLOCK_FAIR_READER))
			return true;
	}
	return false;
}
