/* held_test.c: locks that are held in memory that is freed, or by a thread that ends.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/held.h"

#include "kernel/core/slab.h"
#include "kernel/core/vmalloc.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/sched.h"
#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static void free_it(void *obj)
{
	kfree(obj);
}

struct with_locks {
	char before[40];
	spinlock_t spin;
	rwlock_t rw;
	raw_spinlock_t raw;
	struct mutex mutex;
};

static struct with_locks *make_with_locks(void)
{
	struct with_locks *obj = kzalloc(sizeof(*obj), GFP_KERNEL);

	if (obj) {
		spin_lock_init(&obj->spin);
		rwlock_init(&obj->rw);
		raw_spin_lock_init_unwatched(&obj->raw);
		mutex_init(&obj->mutex);
	}
	return obj;
}

TEST(free_with_spinlock_held)
{
	struct with_locks *obj;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	obj = make_with_locks();
	REQUIRE(obj);
	spin_lock(&obj->spin);
	EXPECT(test_panics(free_it, obj, "the lock \"&obj->spin\""));
	EXPECT(test_panics(free_it, obj, "held by cpu"));
	EXPECT(test_panics(free_it, obj, "took it at test_free_with_spinlock_held+"));
	spin_unlock(&obj->spin);
	read_lock(&obj->rw);
	EXPECT(test_panics(free_it, obj, "the lock \"&obj->rw\""));
	read_unlock(&obj->rw);
	raw_spin_lock(&obj->raw);
	EXPECT(test_panics(free_it, obj, "the lock \"raw spinlock\""));
	raw_spin_unlock(&obj->raw);
	kfree(obj);
}

TEST(free_with_mutex_held)
{
	struct with_locks *obj;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	obj = make_with_locks();
	REQUIRE(obj);
	mutex_lock(&obj->mutex);
	EXPECT(test_panics(free_it, obj, "the lock \"&obj->mutex\""));
	EXPECT(test_panics(free_it, obj, "held by thread"));
	EXPECT(test_panics(free_it, obj, "took it at test_free_with_mutex_held+"));
	mutex_unlock(&obj->mutex);
	EXPECT(mutex_trylock(&obj->mutex));
	EXPECT(test_panics(free_it, obj, "the lock \"&obj->mutex\""));
	mutex_unlock(&obj->mutex);
	kfree(obj);
}

/* The holder is another thread, asleep or on another CPU; then it releases, and the object may go. */
struct holder {
	struct with_locks *obj;
	bool spin;
	bool holds;
	bool may_release;
};

static int hold(void *arg)
{
	struct holder *holder = arg;

	if (holder->spin)
		spin_lock(&holder->obj->spin);
	else
		mutex_lock(&holder->obj->mutex);
	WRITE_ONCE(holder->holds, true);
	if (holder->spin) {
		EXPECT(SPIN_UNTIL(READ_ONCE(holder->may_release)));
		spin_unlock(&holder->obj->spin);
	} else {
		EXPECT(WAIT_UNTIL(READ_ONCE(holder->may_release)));
		mutex_unlock(&holder->obj->mutex);
	}
	return 0;
}

static void check_other_holder(bool spin, const char *text)
{
	struct holder holder = { .obj = make_with_locks(), .spin = spin };
	struct actor actor;

	REQUIRE(holder.obj);
	REQUIRE(actor_start(&actor, hold, &holder, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(holder.holds)));
	EXPECT(test_panics(free_it, holder.obj, text));
	EXPECT(test_panics(free_it, holder.obj, "took it at hold+"));
	task_check_exit(current); // that lock is not ours
	WRITE_ONCE(holder.may_release, true);
	actor_join(&actor);
	kfree(holder.obj);
}

TEST(free_with_lock_held_by_other)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	check_other_holder(false, "\"actor\"");
	if (num_online_cpus() > 1)
		check_other_holder(true, "held by cpu");
}

static void vfree_with_lock(void *area)
{
	vfree(area);
}

TEST(free_pages_with_lock_held)
{
	struct mutex *mutex;
	char *area;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	area = vzalloc(10000);
	REQUIRE(area);
	mutex = (struct mutex *)(area + 9000);
	mutex_init(mutex);
	mutex_lock(mutex);
	EXPECT(test_panics(vfree_with_lock, area, "the lock \"mutex\""));
	mutex_unlock(mutex);
	vfree(area);
}

/* The check is the first that a thread's end does, so the test's thread goes on after the report. */
static void end(void *unused)
{
	task_exit();
}

TEST(thread_ends_with_mutex_held)
{
	DEFINE_MUTEX(first);
	DEFINE_MUTEX(second);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	task_check_exit(current);
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&first);
	EXPECT(test_panics(end, NULL, "ends and holds the lock \"second\""));
	mutex_unlock(&second);
	task_check_exit(current);
}

/* ---- No false report: a lock is passed on, and whoever gets it last frees it ----------------------- */

#define LINKS 300

struct chain {
	struct with_locks *obj[LINKS];
	atomic_t users[LINKS];
};

/* Use each object under its locks; the last user frees it at once. */
static int use_and_free(void *arg)
{
	struct chain *chain = arg;

	for (u32 i = 0; i < LINKS; i++) {
		struct with_locks *obj = chain->obj[i];
		bool last;

		mutex_lock(&obj->mutex);
		spin_lock(&obj->spin);
		last = atomic_dec_and_test(&chain->users[i]);
		spin_unlock(&obj->spin);
		mutex_unlock(&obj->mutex);
		if (last)
			kfree(obj);
	}
	return 0;
}

TEST(free_right_after_unlock)
{
	struct chain *chain = kzalloc(sizeof(*chain), GFP_KERNEL);

	REQUIRE(chain);
	for (u32 i = 0; i < LINKS; i++) {
		chain->obj[i] = make_with_locks();
		EXPECT(chain->obj[i] != NULL);
		atomic_set(&chain->users[i], (int)num_online_cpus());
	}
	EXPECT_EQ(test_run_on_cpus(use_and_free, chain), 0);
	kfree(chain);
}
