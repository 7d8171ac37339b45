/* spinning.c: the rows of the spinning locks for special needs.
 * SPDX-License-Identifier: MIT
 *
 * The two reader-writer locks and MCS stand here bare, with preemption off around them, whichever of the
 * first two rwlock_t is in this build.
 */
#include "kernel/bench/bench.h"
#include "kernel/locking/spin/mcs.h"
#include "kernel/locking/spin/rwlock_fair.h"
#include "kernel/locking/spin/rwlock_reader.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/locking/spin/spinlock.h"

static spinlock_t bh __aligned(64) = SPIN_LOCK_UNLOCKED(bh);
static seqlock_t seq __aligned(64) = __SEQLOCK_UNLOCKED(seq);
static struct mcs_spinlock *mcs __aligned(64);
static struct rwlock_fair fair __aligned(64) = RWLOCK_FAIR_FREE;
static struct rwlock_reader reader __aligned(64) = RWLOCK_READER_FREE;

BENCH_PAIR(spin_lock_bh, .most = 18)
{
	spin_lock_bh(&bh);
	spin_unlock_bh(&bh);
}

BENCH_PAIR(seqlock_read, .most = 6)
{
	unsigned int start;

	do
		start = read_seqbegin(&seq);
	while (read_seqretry(&seq, start));
}

BENCH_PAIR(seqlock_write, .most = 14)
{
	write_seqlock(&seq);
	write_sequnlock(&seq);
}

BENCH_CONTEST(seqlock_write)
{
	write_seqlock(&seq);
	bench_inside(visitor);
	write_sequnlock(&seq);
}

BENCH_PAIR(mcs)
{
	struct mcs_spinlock node;

	preempt_disable();
	mcs_spin_lock(&mcs, &node);
	mcs_spin_unlock(&mcs, &node);
	preempt_enable();
}

BENCH_CONTEST(mcs)
{
	struct mcs_spinlock node;

	preempt_disable();
	mcs_spin_lock(&mcs, &node);
	bench_inside(visitor);
	mcs_spin_unlock(&mcs, &node);
	preempt_enable();
}

BENCH_CONTEST(rwlock_fair_read, .shared = true)
{
	preempt_disable();
	rwlock_fair_read_lock(&fair);
	bench_inside_shared(visitor);
	rwlock_fair_read_unlock(&fair);
	preempt_enable();
}

BENCH_CONTEST(rwlock_fair_write)
{
	preempt_disable();
	rwlock_fair_write_lock(&fair);
	bench_inside(visitor);
	rwlock_fair_write_unlock(&fair);
	preempt_enable();
}

BENCH_CONTEST(rwlock_reader_read, .shared = true)
{
	preempt_disable();
	rwlock_reader_read_lock(&reader);
	bench_inside_shared(visitor);
	rwlock_reader_read_unlock(&reader);
	preempt_enable();
}

BENCH_CONTEST(rwlock_reader_write)
{
	preempt_disable();
	rwlock_reader_write_lock(&reader);
	bench_inside(visitor);
	rwlock_reader_write_unlock(&reader);
	preempt_enable();
}
