/* lockdep_address_test.c: the validator knows a lock by its map, and says the address of the lock, as other reports do.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/test.h"

#if CONFIG_CHECKED

static DEFINE_SPINLOCK(spin);
static DEFINE_RWLOCK(rw);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);
static DEFINE_RT_MUTEX(rt_mutex);
static DEFINE_SEMAPHORE(semaphore);
static DECLARE_COMPLETION(completion);

#define EXPECT_ADDRESS(lock, map) EXPECT_EQ((char *)&(map) - (map).offset, (char *)(lock))

static void expect_addresses(void)
{
	EXPECT_ADDRESS(&spin, spin.dep_map);
	EXPECT_ADDRESS(&rw, rw.dep_map);
	EXPECT_ADDRESS(&mutex, mutex.dep_map);
	EXPECT_ADDRESS(&rwsem, rwsem.dep_map);
	EXPECT_ADDRESS(&rt_mutex, rt_mutex.dep_map);
	EXPECT_ADDRESS(&semaphore, semaphore.unit.dep_map);
	EXPECT_ADDRESS(&completion, completion.dep_map);
}

TEST(lockdep_says_the_address_of_the_lock)
{
	static struct lock_class_key key;

	expect_addresses();
	spin_lock_init(&spin);
	rwlock_init(&rw);
	mutex_init(&mutex);
	init_rwsem(&rwsem);
	rt_mutex_init(&rt_mutex);
	sema_init(&semaphore, 1);
	init_completion(&completion);
	expect_addresses();
	lockdep_set_class(&mutex, &key);
	lockdep_set_class_and_name(&spin, &key, "spin");
	expect_addresses();
}

#endif
