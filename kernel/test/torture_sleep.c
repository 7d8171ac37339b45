/* torture_sleep.c: the sleeping locks under torture.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/test/torture.h"
#include "lib/format.h"

#define TIMEOUT 2 /* jiffies: about as long as others are inside */

/* semaphore: one unit */
static struct semaphore sem;

static void sem_init_1(void)
{
	sema_init(&sem, 1);
}

static bool sem_down(struct torture_hold *hold)
{
	down(&sem);
	return true;
}

static bool sem_interruptible(struct torture_hold *hold)
{
	return down_interruptible(&sem) == 0;
}

static bool sem_killable(struct torture_hold *hold)
{
	return down_killable(&sem) == 0;
}

static bool sem_timeout(struct torture_hold *hold)
{
	return down_timeout(&sem, TIMEOUT) == 0;
}

static bool sem_try(struct torture_hold *hold)
{
	return down_trylock(&sem) == 0;
}

static void sem_up(struct torture_hold *hold)
{
	up(&sem);
}

static void sem_describe(char *buf, size_t n)
{
	snprintf(buf, n, "%u units are free, and somebody %s", READ_ONCE(sem.count),
		 list_empty(&sem.wait_list) ? "does not wait" : "waits");
}

static bool sem_is_back_to(unsigned int units)
{
	return sem.count == units && list_empty(&sem.wait_list);
}

static bool sem_1_ends_well(void)
{
	return sem_is_back_to(1);
}

static const struct torture_way sem_ways[] = {
	TORTURE_WAY("down", sem_down, sem_up, WAY_WAITS),
	TORTURE_WAY("down_interruptible", sem_interruptible, sem_up, WAY_SIGNAL),
	TORTURE_WAY("down_killable", sem_killable, sem_up, WAY_SIGNAL),
	TORTURE_WAY("down_timeout", sem_timeout, sem_up, WAY_BY_ITSELF),
	TORTURE_WAY("down_trylock", sem_try, sem_up, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way sem_irq_ways[] = {
	TORTURE_WAY("down_trylock", sem_try, sem_up, WAY_BY_ITSELF),
	TORTURE_END,
};

static void sem_up_silently(struct torture_hold *hold)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sem.lock, flags);
	sem.count++;
	raw_spin_unlock_irqrestore(&sem.lock, flags);
}

/* Hand the units that were given back silently to those who wait. */
static void sem_rescue(void)
{
	while (!list_empty(&sem.wait_list) && down_trylock(&sem) == 0)
		up(&sem);
}

static const struct torture_way sem_silent_ways[] = {
	TORTURE_WAY("down", sem_down, sem_up_silently, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops semaphore_twin = {
	.name = "semaphore",
	.broken = "up() that forgets to wake",
	.writers = sem_silent_ways,
	.init = sem_init_1,
	.rescue = sem_rescue,
};

TORTURE(semaphore) = {
	.name = "semaphore",
	.twin = &semaphore_twin,
	.in_order = true,
	.writers = sem_ways,
	.irq_writers = sem_irq_ways,
	.init = sem_init_1,
	.describe = sem_describe,
	.ends_well = sem_1_ends_well,
};

/* semaphore_n: more units, and its twin has one too many */
#define UNITS 3

static void sem_init_n(void)
{
	sema_init(&sem, UNITS);
}

static void sem_init_too_many(void)
{
	sema_init(&sem, UNITS + 1);
}

static bool sem_n_ends_well(void)
{
	return sem_is_back_to(UNITS);
}

static const struct torture_ops semaphore_n_twin = {
	.name = "semaphore_n",
	.broken = "one unit too many",
	.units = UNITS,
	.writers = sem_ways,
	.init = sem_init_too_many,
};

TORTURE(semaphore_n) = {
	.name = "semaphore_n",
	.twin = &semaphore_n_twin,
	.units = UNITS,
	.writers = sem_ways,
	.irq_writers = sem_irq_ways,
	.init = sem_init_n,
	.describe = sem_describe,
	.ends_well = sem_n_ends_well,
};

/* mutex */
#define MAX_PASSES 16 /* mutex.c promises that no more go before a first waiter */

static struct mutex mutex;

static void mutex_begin(void)
{
	mutex_init(&mutex);
}

static bool mutex_plain(struct torture_hold *hold)
{
	mutex_lock(&mutex);
	return true;
}

static bool mutex_interruptible(struct torture_hold *hold)
{
	return mutex_lock_interruptible(&mutex) == 0;
}

static bool mutex_killable(struct torture_hold *hold)
{
	return mutex_lock_killable(&mutex) == 0;
}

static bool mutex_try(struct torture_hold *hold)
{
	return mutex_trylock(&mutex);
}

static void mutex_release(struct torture_hold *hold)
{
	mutex_unlock(&mutex);
}

static void mutex_describe(char *buf, size_t n)
{
	snprintf(buf, n, "count %d, released %u, owner %s", atomic_read(&mutex.count),
		 READ_ONCE(mutex.released), READ_ONCE(mutex.owner) ? "set" : "none");
}

static bool mutex_ends_well(void)
{
	return atomic_read(&mutex.count) == 1 && list_empty(&mutex.wait_list) && !mutex.owner &&
	       mutex_get_stats(&mutex).most_passed <= MAX_PASSES;
}

static const struct torture_way mutex_ways[] = {
	TORTURE_WAY("mutex_lock", mutex_plain, mutex_release, WAY_WAITS),
	TORTURE_WAY("mutex_lock_interruptible", mutex_interruptible, mutex_release, WAY_SIGNAL),
	TORTURE_WAY("mutex_lock_killable", mutex_killable, mutex_release, WAY_SIGNAL),
	TORTURE_WAY("mutex_trylock", mutex_try, mutex_release, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way mutex_open_ways[] = {
	TORTURE_WAY("mutex_lock", mutex_plain, mutex_release, WAY_WAITS),
	TORTURE_WAY("mutex_trylock", torture_take_nothing, torture_release_nothing, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_ops mutex_twin = {
	.name = "mutex",
	.broken = "a trylock that always succeeds",
	.writers = mutex_open_ways,
	.init = mutex_begin,
};

TORTURE(mutex) = {
	.name = "mutex",
	.twin = &mutex_twin,
	.writers = mutex_ways,
	.init = mutex_begin,
	.describe = mutex_describe,
	.ends_well = mutex_ends_well,
};
