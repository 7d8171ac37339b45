/* misuse_gone_test.c: a lock that is held lies in memory that is freed, and is released then, or never.
 * SPDX-License-Identifier: MIT
 *
 * Nothing that the lock says of itself may be believed then: its name and its owner are the allocator's pattern.
 */
#include "kernel/base/held.h"
#include "kernel/core/leak.h"
#include "kernel/core/refcount.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/test.h"

#define NO_CHECKS "the fast profile does not check this"

struct object {
	char before[64];
	struct mutex mutex;
	spinlock_t spin;
	struct rw_semaphore rwsem;
	struct rt_mutex rt_mutex;
	char behind[64];
};

static struct object *object;

static bool object_new(void)
{
	object = kmalloc(sizeof(*object), GFP_KERNEL);
	if (!EXPECT(object))
		return false;
	mutex_init(&object->mutex);
	spin_lock_init(&object->spin);
	init_rwsem(&object->rwsem);
	rt_mutex_init(&object->rt_mutex);
	return true;
}

static void object_free(void *unused)
{
	kfree(object);
}

static void take_mutex(void)
{
	mutex_lock(&object->mutex);
}

static void release_mutex(void *unused)
{
	mutex_unlock(&object->mutex);
}

static void take_spinlock(void)
{
	spin_lock(&object->spin);
}

static void release_spinlock(void *unused)
{
	spin_unlock(&object->spin);
}

static void take_rwsem(void)
{
	down_write(&object->rwsem);
}

static void release_rwsem(void *unused)
{
	up_write(&object->rwsem);
}

static void take_rt_mutex(void)
{
	rt_mutex_lock(&object->rt_mutex);
}

static void release_rt_mutex(void *unused)
{
	rt_mutex_unlock(&object->rt_mutex);
}

static const struct {
	const char *name;
	void (*take)(void);
	void (*release)(void *unused);
} cases[] = {
	{ "mutex", take_mutex, release_mutex },
	{ "spinlock", take_spinlock, release_spinlock },
	{ "rwsem", take_rwsem, release_rwsem },
	{ "rt_mutex", take_rt_mutex, release_rt_mutex },
};

/* What is held lies in memory that is gone. */
static void hold_nothing(u32 depth)
{
	preempt_disable();
	lockdep_rewind(depth);
	hook_spin_released_all();
	hook_sleep_released_all(current);
	preempt_enable();
}

TEST(misuse_of_freed_locks)
{
	u32 depth = lockdep_depth();

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	test_parts(2 * ARRAY_SIZE(cases));
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 count = preempt_count();

		if (!object_new())
			return;
		cases[i].take();
		test_part(test_warnings(object_free, NULL, "in it is held by") == 1, "%s is held",
			  cases[i].name);
		test_part(test_warnings(cases[i].release, NULL,
					"and is in memory that was freed meanwhile") == 1,
			  "%s is released", cases[i].name);
		hold_nothing(depth);
		preempt_count_sub(preempt_count() - count);
	}
}

static void check_context(void *before)
{
	context_check(before, "function", object_free);
}

/* Who called it says what was left, by the name that the lock had. */
TEST(misuse_of_freed_lock_is_named)
{
	struct context_mark before;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	if (!object_new())
		return;
	before = context_mark();
	mutex_lock(&object->mutex);
	EXPECT_EQ(test_warnings(object_free, NULL, "in it is held by"), 1);
	EXPECT_EQ(test_warnings(check_context, &before, "\"&object->mutex\", which was taken"), 1);
	hold_nothing(before.locks);
}

/* ---- References ------------------------------------------------------------------------------------- */

static void put_it(void *count)
{
	EXPECT(!refcount_dec_and_test((refcount_t *)count));
}

static void get_it(void *count)
{
	refcount_inc((refcount_t *)count);
}

TEST(misuse_of_freed_references)
{
	refcount_t count = { ATOMIC_INIT(SLAB_POISON_FREE * 0x01010101) };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT_EQ(test_warnings(put_it, &count, "the object is in memory that was freed"), 1);
	EXPECT_EQ(test_warnings(get_it, &count, "the object is in memory that was freed"), 1);
}
