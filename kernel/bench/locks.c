/* locks.c: the rows of the locks that everything else is made of.
 * SPDX-License-Identifier: MIT
 *
 * Each lock stands on a cache line of its own, so that a row measures its lock and not its neighbour.
 */
#include "kernel/bench/bench.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/spin/rwlock.h"

static spinlock_t spin __aligned(64) = SPIN_LOCK_UNLOCKED(spin);
static rwlock_t rwlock __aligned(64) = RW_LOCK_UNLOCKED(rwlock);
static struct mutex mutex __aligned(64) = __MUTEX_INITIALIZER(mutex);
static struct semaphore semaphore __aligned(64) = __SEMAPHORE_INITIALIZER(semaphore, 1);
static struct completion completion __aligned(64) = COMPLETION_INITIALIZER(completion);

BENCH_PAIR(spin_lock, .most = 10, .most_ratio = 13)
{
	spin_lock(&spin);
	spin_unlock(&spin);
}

BENCH_CONTEST(spin_lock)
{
	spin_lock(&spin);
	bench_inside(visitor);
	spin_unlock(&spin);
}

BENCH_PAIR(spin_lock_irqsave, .most = 18)
{
	unsigned long flags;

	spin_lock_irqsave(&spin, flags);
	spin_unlock_irqrestore(&spin, flags);
}

BENCH_CONTEST(spin_lock_irqsave)
{
	unsigned long flags;

	spin_lock_irqsave(&spin, flags);
	bench_inside(visitor);
	spin_unlock_irqrestore(&spin, flags);
}

BENCH_PAIR(read_lock, .most = 12)
{
	read_lock(&rwlock);
	read_unlock(&rwlock);
}

BENCH_CONTEST(read_lock, .shared = true)
{
	read_lock(&rwlock);
	bench_inside_shared(visitor);
	read_unlock(&rwlock);
}

BENCH_PAIR(write_lock, .most = 12)
{
	write_lock(&rwlock);
	write_unlock(&rwlock);
}

BENCH_CONTEST(write_lock)
{
	write_lock(&rwlock);
	bench_inside(visitor);
	write_unlock(&rwlock);
}

BENCH_PAIR(mutex, .most = 10, .most_ratio = 16)
{
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

BENCH_CONTEST(mutex)
{
	mutex_lock(&mutex);
	bench_inside(visitor);
	mutex_unlock(&mutex);
}

BENCH_PAIR(semaphore, .most = 45)
{
	down(&semaphore);
	up(&semaphore);
}

BENCH_CONTEST(semaphore)
{
	down(&semaphore);
	bench_inside(visitor);
	up(&semaphore);
}

/* What has happened already is not waited for. */
BENCH_PAIR(completion, .most = 50)
{
	complete(&completion);
	wait_for_completion(&completion);
}
