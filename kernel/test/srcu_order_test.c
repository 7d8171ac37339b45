/* srcu_order_test.c: who waits for SRCU's readers with a lock held that they take waits for himself.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/test/test.h"

DEFINE_STATIC_SRCU(srcu);

static void lock_in_reader(void *lock)
{
	int idx = srcu_read_lock(&srcu);

	mutex_lock(lock);
	mutex_unlock(lock);
	srcu_read_unlock(&srcu, idx);
}

static void wait_in_lock(void *lock)
{
	mutex_lock(lock);
	synchronize_srcu(&srcu);
	mutex_unlock(lock);
}

TEST(srcu_order_with_a_mutex)
{
	static DEFINE_MUTEX(lock);

	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	EXPECT_EQ(test_warnings(lock_in_reader, &lock, ""), 0);
	EXPECT_EQ(test_warnings(wait_in_lock, &lock, "possible circular"), 1);
}

static void begin_twice(void *unused)
{
	int outer = srcu_read_lock(&srcu), inner = srcu_read_lock(&srcu);

	srcu_read_unlock(&srcu, outer);
	srcu_read_unlock(&srcu, inner);
}

static void lock_around_reader(void *lock)
{
	mutex_lock(lock);
	begin_twice(NULL);
	mutex_unlock(lock);
}

/* A reader waits for nobody: it may begin inside of itself, and inside of what other readers take. */
TEST(srcu_order_of_readers_is_free)
{
	static DEFINE_MUTEX(lock);

	EXPECT_EQ(test_warnings(begin_twice, NULL, ""), 0);
	EXPECT_EQ(test_warnings(lock_in_reader, &lock, ""), 0);
	EXPECT_EQ(test_warnings(lock_around_reader, &lock, ""), 0);
}
