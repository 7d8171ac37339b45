/* lockdep_nest_test.c: many locks of one class, under a lock that makes their order irrelevant, given back in any order.
 * SPDX-License-Identifier: MIT
 *
 * They share one entry among what is held, which is that of the first of them; one that was taken without a word on the
 * order has its own.
 */
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/test/test.h"

#define MANY 4

/* Tried, and then waited for, under one outer lock; no lock of the kernel is tried so, but a module's may be. */
static void wait_after_a_try(void *unused)
{
	static struct lock_class_key outer_key, before_key, key;
	struct lockdep_map outer, before, one, two;

	(void)unused;
	lockdep_init_map(&outer, "outer", &outer_key, 0);
	lockdep_init_map(&before, "before", &before_key, 0);
	lockdep_init_map(&one, "one", &key, 0);
	lockdep_init_map(&two, "two", &key, 0);
	lock_acquire(&outer, 0, 0, 0, 1, NULL, _THIS_IP_);
	lock_acquire(&before, 0, 0, 0, 1, NULL, _THIS_IP_);
	lock_acquire(&one, 0, 1, 0, 1, &outer, _THIS_IP_);
	lock_acquire(&two, 0, 0, 0, 1, &outer, _THIS_IP_);
	lock_release(&two, _THIS_IP_);
	lock_release(&one, _THIS_IP_);
	lock_release(&before, _THIS_IP_);
	lock_release(&outer, _THIS_IP_);
	lock_acquire(&two, 0, 0, 0, 1, NULL, _THIS_IP_);
	lock_acquire(&before, 0, 0, 0, 1, NULL, _THIS_IP_);
	lock_release(&before, _THIS_IP_);
	lock_release(&two, _THIS_IP_);
	lockdep_unregister_key(&outer_key);
	lockdep_unregister_key(&before_key);
	lockdep_unregister_key(&key);
}

TEST(lockdep_nest_tried_then_waited_for)
{
	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	EXPECT_EQ(test_warnings(wait_after_a_try, NULL, "while"), 1);
}

struct scene {
	struct mutex all, one[MANY];
	u32 first;  /* that is given back */
	bool plain; /* the first that is taken says nothing of the order */
};

static void take_all_and_give_back(void *arg)
{
	struct scene *scene = arg;
	u32 depth = lockdep_depth();

	mutex_lock(&scene->all);
	if (scene->plain)
		mutex_lock(&scene->one[0]);
	for (u32 i = scene->plain; i < MANY; i++)
		mutex_lock_nest_lock(&scene->one[i], &scene->all);
	for (u32 i = 0; i < MANY; i++)
		mutex_unlock(&scene->one[(scene->first + i) % MANY]);
	mutex_unlock(&scene->all);
	EXPECT_EQ(lockdep_depth(), depth);
}

static void try_all_orders(bool plain)
{
	struct scene scene = { .plain = plain };

	mutex_init(&scene.all);
	for (u32 i = 0; i < MANY; i++)
		mutex_init(&scene.one[i]);
	for (scene.first = 0; scene.first < MANY; scene.first++) {
		// The second time it is seen whether the first has left one among what is held.
		EXPECT_EQ(test_warnings(take_all_and_give_back, &scene, ""), 0);
		EXPECT_EQ(test_warnings(take_all_and_give_back, &scene, ""), 0);
	}
}

TEST(lockdep_nest_given_back_in_any_order)
{
	try_all_orders(false);
}

TEST(lockdep_nest_and_one_that_is_not)
{
	try_all_orders(true);
}
