/* lockdep_class_test.c: a lock that is held becomes one of another class: its order is then that of the new one.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/test/test.h"
#include "lib/string.h"

#define NO_VALIDATOR "the fast profile has no validator"

#if CONFIG_CHECKED

static DEFINE_MUTEX(outer);
static DEFINE_MUTEX(inner);

static void change_inner(void *unused)
{
	mutex_lock(&outer);
	mutex_lock(&inner);
	lock_set_subclass(&inner.dep_map, 1, _THIS_IP_);
	mutex_unlock(&inner);
	mutex_unlock(&outer);
}

static void take_changed_outside(void *unused)
{
	mutex_lock_nested(&inner, 1);
	mutex_lock(&outer);
	mutex_unlock(&outer);
	mutex_unlock(&inner);
}

/* Only the change has ever put the two in this order. */
TEST(lockdep_changed_subclass_has_an_order)
{
	EXPECT_EQ(test_warnings(change_inner, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_changed_outside, NULL, "\"outer\" is taken at"), 1);
}

static struct pair {
	struct mutex one, two;
} pair;

static void init_one(struct mutex *mutex)
{
	mutex_init(mutex);
}

/* @arg: the subclass that the second of two of one class becomes. */
static void take_both(void *arg)
{
	init_one(&pair.one);
	init_one(&pair.two);
	mutex_lock(&pair.one);
	mutex_lock_nested(&pair.two, 1);
	lock_set_subclass(&pair.two.dep_map, *(unsigned int *)arg, _THIS_IP_);
	mutex_unlock(&pair.two);
	mutex_unlock(&pair.one);
}

TEST(lockdep_changed_subclass_is_that_of_another)
{
	unsigned int same = 0, other = 2;

	EXPECT_EQ(test_warnings(take_both, &other, ""), 0);
	EXPECT_EQ(test_warnings(take_both, &same, "possible recursive locking"), 1);
}

static struct lock_class_key key;

static void change_class(void *unused)
{
	mutex_lock(&pair.one);
	lock_set_class(&pair.one.dep_map, "changed", &key, 0, _THIS_IP_);
	mutex_lock(&pair.two); // Of the class that the first had.
	mutex_unlock(&pair.two);
	mutex_unlock(&pair.one);
}

TEST(lockdep_changed_class)
{
	init_one(&pair.one);
	init_one(&pair.two);
	EXPECT_EQ(test_warnings(change_class, NULL, ""), 0);
	EXPECT(lockdep_match_class(&pair.one, &key));
}

/* ---- What may be taken --------------------------------------------------------------------------- */

static DECLARE_RWSEM(rwsem);

static void may_read_inside(void *unused)
{
	mutex_lock(&inner);
	might_lock_read(&rwsem);
	mutex_unlock(&inner);
}

static void take_outside(void *unused)
{
	down_write(&rwsem);
	might_lock_nested(&inner, 3);
	mutex_lock(&inner);
	mutex_unlock(&inner);
	up_write(&rwsem);
}

static void may_take_twice(void *unused)
{
	mutex_lock(&inner);
	might_lock_nested(&inner, 3);
	might_lock(&inner);
	mutex_unlock(&inner);
}

TEST(lockdep_might_lock)
{
	EXPECT_EQ(test_warnings(may_read_inside, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_outside, NULL, "\"inner\" is taken at"), 1);
	EXPECT_EQ(test_warnings(may_take_twice, NULL, "possible recursive locking"), 1);
}

/* ---- What is no lock ------------------------------------------------------------------------------- */

static void take_map(void *map)
{
	lock_map_acquire((struct lockdep_map *)map);
}

/* Where a lock was, on a stack that has become another function's. */
TEST(lockdep_map_is_garbage)
{
	static unsigned long words[sizeof(struct lockdep_map) / sizeof(long)];

	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = (unsigned long)&words[i];
	EXPECT(test_panics(take_map, words, "its memory is something else's by now"));
	memset(words, 0x6b, sizeof(words));
	EXPECT(test_panics(take_map, words, "is all 0x6b"));
}

#else

TEST(lockdep_changed_subclass_has_an_order)
{
	SKIP(NO_VALIDATOR);
}

#endif
