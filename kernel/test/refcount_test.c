/* refcount_test.c: references: the last one frees, once; and what a mistake does.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/refcount.h"

#include "kernel/core/slab.h"
#include "kernel/locking/sleep/refcount_mutex.h"
#include "kernel/test/lock_test.h"

TEST(refcount_values)
{
	refcount_t r = REFCOUNT_INIT(1);

	refcount_inc(&r);
	refcount_add(3, &r);
	EXPECT_EQ(refcount_read(&r), 5);
	EXPECT(refcount_inc_not_zero(&r) && refcount_add_not_zero(4, &r));
	EXPECT_EQ(refcount_read(&r), 10);
	refcount_dec(&r);
	EXPECT(!refcount_sub_and_test(6, &r));
	EXPECT_EQ(refcount_read(&r), 3);
	EXPECT(!refcount_dec_if_one(&r) && refcount_dec_not_one(&r));
	EXPECT(!refcount_dec_and_test(&r));
	EXPECT_EQ(refcount_read(&r), 1);
	EXPECT(!refcount_dec_not_one(&r));
	EXPECT_EQ(refcount_read(&r), 1);
	EXPECT(refcount_dec_if_one(&r));
	EXPECT_EQ(refcount_read(&r), 0);
	EXPECT(!refcount_inc_not_zero(&r) && !refcount_add_not_zero(2, &r));
	EXPECT_EQ(refcount_read(&r), 0);
	refcount_set(&r, REFCOUNT_MAX - 1);
	refcount_inc(&r);
	EXPECT_EQ(refcount_read(&r), REFCOUNT_MAX);
	EXPECT(!refcount_dec_and_test(&r));
	EXPECT(!refcount_sub_and_test(REFCOUNT_MAX - 2, &r));
	EXPECT(refcount_sub_and_test(1, &r));
}

/* ---- Mistakes: each is reported where the counter gets stuck, and it stays stuck ------------------ */

static void add_to_zero(void *arg)
{
	refcount_inc(arg);
}

static void add_too_many(void *arg)
{
	refcount_add(2, arg);
}

static void add_too_many_not_zero(void *arg)
{
	EXPECT(refcount_add_not_zero(2, arg));
}

static void drop_two(void *arg)
{
	EXPECT(!refcount_sub_and_test(2, arg));
}

static void drop_one(void *arg)
{
	EXPECT(!refcount_dec_and_test(arg));
}

static void drop_not_one(void *arg)
{
	EXPECT(refcount_dec_not_one(arg));
}

static void drop_last_unseen(void *arg)
{
	refcount_dec(arg);
}

static bool is_stuck(const refcount_t *r)
{
	return (int)refcount_read(r) == REFCOUNT_SATURATED;
}

/* Whatever is done with a stuck counter leaves it stuck: nobody is told to free. */
static void use_stuck(void *arg)
{
	refcount_t *r = arg;

	refcount_inc(r);
	EXPECT(is_stuck(r));
	EXPECT(refcount_inc_not_zero(r) && is_stuck(r));
	refcount_dec(r);
	EXPECT(is_stuck(r));
	EXPECT(!refcount_dec_and_test(r) && is_stuck(r));
	EXPECT(!refcount_sub_and_test(1000, r) && is_stuck(r));
	EXPECT(refcount_dec_not_one(r) && is_stuck(r));
	EXPECT(!refcount_dec_if_one(r) && is_stuck(r));
}

static void check_mistake(int start, void (*mistake)(void *arg), const char *text)
{
	refcount_t r = REFCOUNT_INIT(start);

	EXPECT_EQ(test_warnings(mistake, &r, text), 1);
	EXPECT_EQ((int)refcount_read(&r), REFCOUNT_SATURATED);
	// It was reported once, and that is enough.
	EXPECT_EQ(test_warnings(mistake, &r, ""), 0);
	EXPECT_EQ(test_warnings(use_stuck, &r, ""), 0);
}

TEST(refcount_mistakes)
{
	check_mistake(0, add_to_zero, "a use after free");
	check_mistake(REFCOUNT_MAX, add_to_zero, "the counter is full");
	check_mistake(REFCOUNT_MAX - 1, add_too_many, "the counter is full");
	check_mistake(REFCOUNT_MAX - 1, add_too_many_not_zero, "the counter is full");
	check_mistake(1, drop_two, "a double free");
	check_mistake(0, drop_one, "a double free");
	check_mistake(0, drop_not_one, "a double free");
	check_mistake(1, drop_last_unseen, "a leak");
	check_mistake(0, drop_last_unseen, "a double free");
}

/* The report names who erred. */
TEST(refcount_names_caller)
{
	refcount_t r = REFCOUNT_INIT(0);

	EXPECT_EQ(test_warnings(add_to_zero, &r, "at add_to_zero"), 1);
}

/* ---- References of all CPUs, taken and dropped so fast that they meet in every step ----------------- */

#define BATCH 200 /* rounds between two looks at the clock */

struct hammered {
	struct effort effort;
	refcount_t r;
};

/* Returns how often a drop was taken for the last: the test has a reference all the while. */
static int take_and_drop(void *arg)
{
	struct hammered *hammered = arg;
	refcount_t *r = &hammered->r;
	int wrong = 0;

	for (unsigned int batch = 0; effort_goes_on(&hammered->effort, batch); batch++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			for (unsigned int k = 0; k < 10; k++) {
				refcount_inc(r);
				wrong += refcount_dec_and_test(r);
			}
			wrong += !refcount_inc_not_zero(r);
			refcount_dec(r);
			refcount_add(2, r);
			wrong += !refcount_dec_not_one(r);
			wrong += refcount_dec_if_one(r);
			wrong += refcount_dec_and_test(r);
		}
	}
	return wrong;
}

TEST(refcount_contended)
{
	struct hammered hammered = { .effort = effort_of(100, 1, 1), .r = REFCOUNT_INIT(1) };

	EXPECT_EQ(test_run_on_cpus(take_and_drop, &hammered), 0);
	EXPECT_EQ(refcount_read(&hammered.r), 1);
}

/* ---- Of those who drop a reference, one finds that it was the last -------------------------------- */

#define OBJECTS 2000

struct crowd {
	struct start_line line;
	refcount_t refs[OBJECTS];
	unsigned long data[OBJECTS][2]; /* plain: each is written by users, and checked by the last */
	atomic_t freed;
	atomic_t torn;
};

static void drop(struct crowd *crowd, unsigned int i)
{
	if (!refcount_dec_and_test(&crowd->refs[i]))
		return;
	atomic_inc(&crowd->freed);
	// All the others are done with it, and what they did is seen.
	if (READ_ONCE(crowd->data[i][0]) != READ_ONCE(crowd->data[i][1]))
		atomic_inc(&crowd->torn);
}

static int use_and_drop(void *arg)
{
	struct crowd *crowd = arg;
	unsigned long mine = (unsigned long)current->pid;

	start_line_wait(&crowd->line, num_online_cpus());
	for (unsigned int i = 0; i < OBJECTS; i++) {
		refcount_inc(&crowd->refs[i]);
		(void)atomic_long_fetch_add((long)mine, (atomic_long_t *)&crowd->data[i][0]);
		(void)atomic_long_fetch_add((long)mine, (atomic_long_t *)&crowd->data[i][1]);
		drop(crowd, i);
		drop(crowd, i);
	}
	return 0;
}

TEST(refcount_last_reference)
{
	struct crowd *crowd = kzalloc(sizeof(*crowd), GFP_KERNEL);

	REQUIRE(crowd);
	for (unsigned int i = 0; i < OBJECTS; i++)
		refcount_set(&crowd->refs[i], (int)num_online_cpus());
	test_run_on_cpus(use_and_drop, crowd);
	EXPECT_EQ(atomic_read(&crowd->freed), OBJECTS);
	EXPECT_EQ(atomic_read(&crowd->torn), 0);
	EXPECT_EQ(refcount_read(&crowd->refs[0]), 0);
	kfree(crowd);
}

/* ---- Objects that are found under a lock, and whose last reference is dropped under it ------------ */

struct thing {
	struct kref kref;
	struct registry *registry;
};

/* Of a registry that has one thing at a time, found by whoever looks, made by who finds none. */
struct registry {
	spinlock_t lock;
	struct mutex mutex;
	struct thing *thing; /* under the lock in use */
	struct effort effort;
	atomic_t made;
	atomic_t freed;
	bool use_mutex;
	bool use_irqsave;
};

static struct thing *make(struct registry *registry)
{
	struct thing *thing = kmalloc(sizeof(*thing), GFP_ATOMIC);

	kref_init(&thing->kref);
	thing->registry = registry;
	registry->thing = thing;
	atomic_inc(&registry->made);
	return thing;
}

static struct thing *find_or_make(struct registry *registry)
{
	struct thing *thing;

	if (registry->use_mutex)
		mutex_lock(&registry->mutex);
	else
		spin_lock(&registry->lock);
	thing = registry->thing;
	if (thing)
		kref_get(&thing->kref);
	else
		thing = make(registry);
	if (registry->use_mutex)
		mutex_unlock(&registry->mutex);
	else
		spin_unlock(&registry->lock);
	return thing;
}

static void forget(struct kref *kref)
{
	struct thing *thing = container_of(kref, struct thing, kref);

	thing->registry->thing = NULL;
	atomic_inc(&thing->registry->freed);
}

/* Called with the lock held, which it releases. */
static void release_unlock(struct kref *kref)
{
	struct thing *thing = container_of(kref, struct thing, kref);

	forget(kref);
	spin_unlock(&thing->registry->lock);
	kfree(thing);
}

static void release_mutex_unlock(struct kref *kref)
{
	struct thing *thing = container_of(kref, struct thing, kref);

	forget(kref);
	mutex_unlock(&thing->registry->mutex);
	kfree(thing);
}

static void put_irqsave(struct thing *thing)
{
	struct registry *registry = thing->registry;
	unsigned long flags;

	if (!refcount_dec_and_lock_irqsave(&thing->kref.refcount, &registry->lock, &flags))
		return;
	EXPECT(irqs_disabled());
	forget(&thing->kref);
	spin_unlock_irqrestore(&registry->lock, flags);
	kfree(thing);
}

static void put(struct thing *thing)
{
	struct registry *registry = thing->registry;

	if (registry->use_mutex)
		kref_put_mutex(&thing->kref, release_mutex_unlock, &registry->mutex);
	else if (registry->use_irqsave)
		put_irqsave(thing);
	else
		kref_put_lock(&thing->kref, release_unlock, &registry->lock);
}

/* Returns the rounds. */
static int find_and_put(void *arg)
{
	struct registry *registry = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&registry->effort, rounds); rounds++) {
		struct thing *thing = find_or_make(registry);

		EXPECT(thing->registry == registry && kref_read(&thing->kref) > 0);
		put(thing);
	}
	return (int)rounds;
}

/* As much freed as made, and nothing was used after that: the slab looks. */
static void check_registry(bool use_mutex, bool use_irqsave)
{
	struct registry registry = {
		.effort = effort_of(40, 40, num_online_cpus()),
		.use_mutex = use_mutex,
		.use_irqsave = use_irqsave,
	};

	spin_lock_init(&registry.lock);
	mutex_init(&registry.mutex);
	EXPECT(test_run_on_cpus(find_and_put, &registry) > 0);
	EXPECT(!registry.thing);
	EXPECT_EQ(atomic_read(&registry.made), atomic_read(&registry.freed));
	EXPECT(!spin_is_locked(&registry.lock) && !mutex_is_locked(&registry.mutex));
}

TEST(kref_put_under_lock)
{
	check_registry(false, false);
	check_registry(false, true);
	check_registry(true, false);
}

static unsigned int n_released;

static void count_release(struct kref *kref)
{
	n_released++;
}

TEST(kref_values)
{
	struct kref kref = KREF_INIT(2);

	n_released = 0;
	EXPECT_EQ(kref_put(&kref, count_release), 0);
	kref_get(&kref);
	EXPECT_EQ(kref_read(&kref), 2);
	EXPECT(kref_get_unless_zero(&kref));
	EXPECT_EQ(kref_put(&kref, count_release) + kref_put(&kref, count_release), 0);
	EXPECT_EQ(n_released, 0);
	EXPECT_EQ(kref_put(&kref, count_release), 1);
	EXPECT_EQ(n_released, 1);
	EXPECT(!kref_get_unless_zero(&kref));
	kref_init(&kref);
	EXPECT_EQ(kref_read(&kref), 1);
}
