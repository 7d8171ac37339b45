/* mutex_race_test.c: the mutex under contention: exclusion, signals, and memory that goes at once.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/mutex.h"

#include "kernel/core/vmalloc.h"
#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"
#include "lib/string.h"

/* How a thread takes the mutex, and what it does with it. */
enum manner {
	BRIEFLY,  /* others spin for it */
	SLEEPING, /* the holder sleeps, so others sleep for it too */
	TRYING,
	MIXED,
};

struct contention {
	struct mutex mutex;
	enum manner manner;
	struct effort effort;
	struct guarded data;
	atomic_t threads;
	atomic_t interrupted;
	bool closed;
};

static void expect_free(struct contention *contention)
{
	struct mutex *mutex = &contention->mutex;

	EXPECT_EQ(atomic_read(&mutex->count), 1);
	EXPECT_EQ(mutex->released, 0);
	EXPECT(list_empty(&mutex->wait_list));
	EXPECT(!osq_is_locked(&mutex->osq));
	EXPECT(mutex_get_stats(mutex).most_passed <= 16);
}

static void take(struct mutex *mutex, enum manner manner)
{
	if (manner == TRYING) {
		while (!mutex_trylock(mutex))
			yield();
	} else {
		mutex_lock(mutex);
	}
}

static void use(struct contention *contention, enum manner manner, unsigned int round)
{
	guarded_update(&contention->data);
	if (manner == SLEEPING && round % 4 == 0)
		usleep_range(10, 20);
	else if (manner == SLEEPING)
		yield();
	guarded_look(&contention->data);
}

static int contend(void *arg)
{
	struct contention *contention = arg;
	enum manner manner = contention->manner;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &contention->threads);
	unsigned int round = 0;

	for (; effort_goes_on(&contention->effort, round); round++) {
		if (contention->manner == MIXED)
			manner = (round + me) % MIXED;
		take(&contention->mutex, manner);
		use(contention, manner, round);
		mutex_unlock(&contention->mutex);
	}
	return (int)round;
}

static void check_contention(enum manner manner)
{
	unsigned int cpus = num_online_cpus();
	struct contention contention = { .manner = manner };
	long updates;

	mutex_init(&contention.mutex);
	contention.effort = effort_of(100, 60, cpus);
	updates = test_run_on_cpus(contend, &contention);
	expect_free(&contention);
	contention.effort = effort_of(100, 60, 2 * cpus);
	updates += test_run_threads(2 * cpus, contend, &contention);
	expect_free(&contention);
	guarded_expect(&contention.data, (unsigned long)updates);
}

TEST(mutex_excludes)
{
	check_contention(BRIEFLY);
}

TEST(mutex_excludes_sleeping_holders)
{
	check_contention(SLEEPING);
}

TEST(mutex_excludes_those_who_try)
{
	check_contention(TRYING);
}

TEST(mutex_excludes_in_all_manners)
{
	check_contention(MIXED);
}

/* Signals against unlock: a waiter that leaves must not take the only wake-up along. */
#define VICTIMS 6

static int lock_until_interrupted(void *arg)
{
	struct contention *contention = arg;
	bool killable = atomic_fetch_add(1, &contention->threads) % 2;
	unsigned int round = 0;
	int updates = 0;
	int error;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	for (; !READ_ONCE(contention->closed); round++) {
		error = killable ? mutex_lock_killable(&contention->mutex) :
				   mutex_lock_interruptible(&contention->mutex);
		flush_signals(current);
		if (error) {
			EXPECT_EQ(error, -EINTR);
			atomic_inc(&contention->interrupted);
			continue;
		}
		use(contention, round % 2 ? SLEEPING : BRIEFLY, round);
		updates++;
		mutex_unlock(&contention->mutex);
	}
	return updates;
}

static bool signals_go_on(struct contention *contention, unsigned int sent)
{
	if (effort_goes_on(&contention->effort, sent))
		return true;
	return !atomic_read(&contention->interrupted) &&
	       clock_ns() < contention->effort.end + LOCK_TEST_LIMIT_NS;
}

TEST(mutex_survives_signals)
{
	struct contention contention = { .effort = effort_of(300, 50, 1) };
	struct actor victims[VICTIMS] = { { .task = NULL } };
	struct rand_state rand = test_seed();
	int updates = 0;
	bool all = true;

	mutex_init(&contention.mutex);
	for (unsigned int i = 0; i < VICTIMS; i++)
		all = all && actor_start(&victims[i], lock_until_interrupted, &contention, ANY_CPU);
	for (unsigned int i = 0; all && signals_go_on(&contention, i); i++) {
		u32 victim = rand_below(&rand, VICTIMS);

		send_sig(rand_below(&rand, 2) ? SIGKILL : SIGINT, victims[victim].task, 0);
		usleep_range(1, 1 + rand_below(&rand, 100));
	}
	WRITE_ONCE(contention.closed, true);
	for (unsigned int i = 0; i < VICTIMS; i++)
		updates += actor_join(&victims[i]);
	EXPECT(atomic_read(&contention.interrupted) > 0);
	guarded_expect(&contention.data, (unsigned long)updates);
	expect_free(&contention);
}

/*
 * A mutex in an object with a reference count: whoever drops the last reference, under the mutex, frees
 * the object right after its unlock. None of the earlier unlocks may still be at work there. The
 * object is written over instead of freed, and looked at in the end.
 */
#define OBJECTS 250
#define POISON  0x6b

struct object {
	struct mutex mutex;
	unsigned int refs;
};

static int drop_references(void *arg)
{
	struct object *objects = arg;
	int freed = 0;

	for (unsigned int i = 0; i < OBJECTS; i++) {
		bool last;

		mutex_lock(&objects[i].mutex);
		last = --objects[i].refs == 0;
		if (i % 16 == 0)
			yield();
		mutex_unlock(&objects[i].mutex);
		if (last) {
			memset(&objects[i], POISON, sizeof(objects[i]));
			freed++;
		}
	}
	return freed;
}

static unsigned int count_touched(const void *memory, size_t size)
{
	const u8 *bytes = memory;
	unsigned int touched = 0;

	for (size_t i = 0; i < size; i++)
		touched += bytes[i] != POISON;
	return touched;
}

TEST(mutex_may_be_freed_by_its_last_user)
{
	struct object *objects = vmalloc(OBJECTS * sizeof(*objects));
	unsigned int threads = min(2 * num_online_cpus(), 32u);
	struct effort effort = effort_of(400, 1, 1);

	REQUIRE(objects);
	for (unsigned int batch = 0; effort_goes_on(&effort, batch); batch++) {
		for (unsigned int i = 0; i < OBJECTS; i++) {
			mutex_init(&objects[i].mutex);
			objects[i].refs = threads;
		}
		EXPECT_EQ(test_run_threads(threads, drop_references, objects), OBJECTS);
		EXPECT_EQ(count_touched(objects, OBJECTS * sizeof(*objects)), 0);
	}
	vfree(objects);
}

/* The last of many references is dropped with the mutex held, and by one thread only. */
struct counted {
	struct mutex mutex;
	atomic_t refs;
	unsigned int lasts; /* under mutex */
};

static int drop_one_and_take(void *arg)
{
	struct counted *counted = arg;

	for (unsigned int i = 0; i < 50; i++) {
		atomic_inc(&counted->refs);
		if (i % 8 == 0)
			yield();
		if (!atomic_dec_and_mutex_lock(&counted->refs, &counted->mutex))
			continue;
		EXPECT(READ_ONCE(counted->mutex.owner) == current);
		counted->lasts++;
		mutex_unlock(&counted->mutex);
	}
	return 0;
}

TEST(mutex_and_last_reference)
{
	struct counted counted = { .refs = ATOMIC_INIT(1) };

	mutex_init(&counted.mutex);
	test_run_threads(2 * num_online_cpus(), drop_one_and_take, &counted);
	EXPECT_EQ(counted.lasts, 0); // We have one.
	EXPECT_EQ(atomic_read(&counted.refs), 1);
	EXPECT_EQ(atomic_dec_and_mutex_lock(&counted.refs, &counted.mutex), 1);
	EXPECT(mutex_is_locked(&counted.mutex));
	EXPECT_EQ(atomic_read(&counted.refs), 0);
	mutex_unlock(&counted.mutex);
	test_run_threads(2 * num_online_cpus(), drop_one_and_take, &counted);
	EXPECT(counted.lasts >= 1);
	EXPECT_EQ(atomic_read(&counted.refs), 0);
	EXPECT_EQ(atomic_read(&counted.mutex.count), 1);
}

static int drop_what_seems_the_last(void *arg)
{
	struct counted *counted = arg;

	return atomic_dec_and_mutex_lock(&counted->refs, &counted->mutex);
}

/* What was the last reference when it went for the mutex is not when it has it: somebody took another. */
TEST(mutex_and_reference_that_is_no_longer_last)
{
	struct counted counted = { .refs = ATOMIC_INIT(1) };
	struct actor dropper;

	mutex_init(&counted.mutex);
	mutex_lock(&counted.mutex);
	if (actor_start(&dropper, drop_what_seems_the_last, &counted, ANY_CPU))
		actor_sleeps(&dropper);
	atomic_inc(&counted.refs);
	mutex_unlock(&counted.mutex);
	EXPECT_EQ(actor_join(&dropper), 0);
	EXPECT_EQ(atomic_read(&counted.refs), 1);
	EXPECT(!mutex_is_locked(&counted.mutex));
}
