/* rcu_callback_test.c: what is called, or freed, after a grace period: once, later, and all of it.
 * SPDX-License-Identifier: MIT
 */
#include <arch/trap.h>
#include <arch/watch.h>

#include "kernel/core/slab.h"
#include "kernel/core/smpcall.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/test/rcu_test.h"

static void poison_object(struct rcu_head *head)
{
	WRITE_ONCE(container_of(head, struct scene_object, head)->state, SCENE_POISON);
}

/* The same thread reads and replaces, so this order is certain with one CPU, too. Returns what it saw. */
static unsigned long replace_inside_reader(struct scene_object *object, const struct rcu_ops *ops)
{
	unsigned long seen;

	object->state = SCENE_ALIVE;
	rcu_read_lock();
	ops->call(&object->head, poison_object);
	for (u32 i = 0; i < 1000; i++)
		cpu_relax();
	seen = READ_ONCE(object->state);
	rcu_read_unlock();
	ops->flush();
	EXPECT_EQ(READ_ONCE(object->state), SCENE_POISON);
	return seen;
}

TEST(rcu_callback_waits_for_reader)
{
	struct scene_object object;

	for (u32 i = 0; i < 10; i++) {
		EXPECT_EQ(replace_inside_reader(&object, &rcu_plain_ops), SCENE_ALIVE);
		EXPECT_EQ(replace_inside_reader(&object, &rcu_busted_ops), SCENE_POISON);
	}
}

/* ---- Barriers ---------------------------------------------------------------------------------------- */

static struct {
	const struct rcu_ops *ops;
	struct scene scene;
	struct rcu_head heads[NR_CPUS];
	atomic_t called;
	bool barrier_done;
} barrier_test;

static void count_call(struct rcu_head *head)
{
	EXPECT(in_serving_softirq() && !irqs_disabled());
	atomic_inc(&barrier_test.called);
}

static void queue_here(void *unused)
{
	call_rcu(&barrier_test.heads[raw_smp_processor_id()], count_call);
}

static int wait_at_barrier(void *unused)
{
	barrier_test.ops->flush();
	smp_store_release(&barrier_test.barrier_done, true); // [R] pairs with [L] in scene_held()
	return 0;
}

/* Callbacks on every CPU, which a reader holds up. Returns whether the barrier let one pass before them. */
static bool barrier_is_early(const struct rcu_ops *ops)
{
	struct actor waiter;
	bool early;

	barrier_test.ops = ops;
	barrier_test.barrier_done = false;
	atomic_set(&barrier_test.called, 0);
	scene_init(&barrier_test.scene, ops);
	if (!scene_begin(&barrier_test.scene))
		return false;
	on_each_cpu(queue_here, NULL, true);
	if (!actor_start(&waiter, wait_at_barrier, NULL, test_cpu(0)))
		return false;
	scene_held(&barrier_test.barrier_done);
	early = READ_ONCE(barrier_test.barrier_done);
	EXPECT_EQ(atomic_read(&barrier_test.called), 0);
	scene_leave(&barrier_test.scene);
	actor_join(&waiter);
	if (!early)
		EXPECT_EQ(atomic_read(&barrier_test.called), num_online_cpus());
	rcu_barrier();
	EXPECT_EQ(atomic_read(&barrier_test.called), num_online_cpus());
	return early;
}

static void compare_barriers(void *unused)
{
	EXPECT(!barrier_is_early(&rcu_plain_ops));
	EXPECT(barrier_is_early(&rcu_busted_ops));
}

TEST(rcu_barrier_waits_for_callbacks)
{
	if (num_online_cpus() < 2)
		SKIP("no reader runs while its only CPU waits");
	run_at(test_cpu(0), DEFAULT_PRIO, compare_barriers, NULL);
}

/* With nothing queued there is nothing to wait for, and no grace period is run. */
TEST(rcu_barrier_alone)
{
	unsigned long before;

	rcu_barrier();
	before = rcu_grace_periods();
	rcu_barrier();
	EXPECT_EQ(rcu_grace_periods(), before);
}

#define IN_ORDER 100

static struct {
	struct rcu_head heads[IN_ORDER];
	u32 called;
} order;

static void expect_turn(struct rcu_head *head)
{
	EXPECT_EQ(head - order.heads, order.called);
	order.called++;
}

/* In several batches, or in one. */
static void queue_in_order(void *unused)
{
	order.called = 0;
	for (u32 i = 0; i < IN_ORDER; i++) {
		call_rcu(&order.heads[i], expect_turn);
		if (i == IN_ORDER / 2)
			synchronize_rcu();
	}
	rcu_barrier();
	EXPECT_EQ(order.called, IN_ORDER);
}

/* Those of one CPU. */
TEST(rcu_callbacks_in_order)
{
	for (u32 i = 0; i < min(num_online_cpus(), 3U); i++)
		run_at(test_cpu(i), DEFAULT_PRIO, queue_in_order, NULL);
}

/* ---- One comes in the middle of another -------------------------------------------------------------- */

static struct rcu_head outer, inner;
static atomic_t outer_called, inner_called;

static void note_either(struct rcu_head *head)
{
	atomic_inc(head == &outer ? &outer_called : &inner_called);
}

static void queue_inner(void)
{
	watch_nothing();
	call_rcu(&inner, note_either);
}

/* As an interrupt would: when `outer` is linked to what was the newest, and is not itself the newest yet. */
TEST(rcu_callback_amid_another)
{
	atomic_set(&outer_called, 0);
	atomic_set(&inner_called, 0);
	trap_watch_call(queue_inner);
	preempt_disable();
	watch_stores((unsigned long *)&outer.next);
	call_rcu(&outer, note_either);
	watch_nothing();
	preempt_enable();
	trap_watch_call(NULL);
	rcu_barrier();
	EXPECT_EQ(atomic_read(&outer_called), 1);
	EXPECT_EQ(atomic_read(&inner_called), 1);
}

/* ---- From every context ------------------------------------------------------------------------------ */

enum { FROM_THREAD, FROM_READER, FROM_SPINLOCK, FROM_IRQS_OFF, FROM_TIMER, FROM_CALLBACK, PLACES };

static struct {
	struct rcu_head heads[PLACES];
	atomic_t called[PLACES];
	struct ktimer timer;
	bool timer_ran;
} places;

static void note_place(struct rcu_head *head)
{
	u32 place = (u32)(head - places.heads);

	// The thread's own head goes round once more, through a callback.
	if (atomic_inc_return(&places.called[place]) == 1 && place == FROM_THREAD)
		call_rcu(&places.heads[FROM_CALLBACK], note_place);
}

static void call_in_timer(struct ktimer *timer)
{
	call_rcu(&places.heads[FROM_TIMER], note_place);
	WRITE_ONCE(places.timer_ran, true);
}

static void call_from_places(void)
{
	DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;

	timer_init(&places.timer, call_in_timer);
	timer_start(&places.timer, clock_ns());
	call_rcu(&places.heads[FROM_THREAD], note_place);
	rcu_read_lock();
	call_rcu(&places.heads[FROM_READER], note_place);
	rcu_read_unlock();
	raw_spin_lock_irqsave(&lock, flags);
	call_rcu(&places.heads[FROM_SPINLOCK], note_place);
	raw_spin_unlock_irqrestore(&lock, flags);
	local_irq_save(flags);
	call_rcu(&places.heads[FROM_IRQS_OFF], note_place);
	local_irq_restore(flags);
	EXPECT(WAIT_UNTIL(READ_ONCE(places.timer_ran)));
	timer_cancel_sync(&places.timer);
}

TEST(rcu_call_from_every_context)
{
	for (u32 place = 0; place < PLACES; place++)
		atomic_set(&places.called[place], 0);
	for (int round = 1; round <= 5; round++) {
		places.timer_ran = false;
		atomic_set(&places.called[FROM_THREAD], 0);
		call_from_places();
		rcu_barrier(); // what was queued here
		rcu_barrier(); // what a callback queued then
		EXPECT_EQ(atomic_read(&places.called[FROM_THREAD]), 1);
		for (u32 place = FROM_THREAD + 1; place < PLACES; place++)
			EXPECT_EQ(atomic_read(&places.called[place]), round);
	}
}

/* ---- Storms ------------------------------------------------------------------------------------------ */

#define STORM 12000 /* callbacks, by all CPUs together */

struct drop {
	unsigned long state;
	struct rcu_head head;
};

static struct drop **drops; /* made beforehand, so that the CPUs do not wait for each other there */
static atomic_t drops_taken, drops_called;

static void drop_called(struct rcu_head *head)
{
	struct drop *drop = container_of(head, struct drop, head);

	EXPECT_EQ(drop->state, SCENE_ALIVE);
	atomic_inc(&drops_called);
	kfree(drop);
}

/* Every third one is freed without a call. */
static int make_storm(void *unused)
{
	u32 n = STORM / num_online_cpus();
	u32 first = (u32)atomic_fetch_add((int)n, &drops_taken);

	for (u32 i = first; i < first + n; i++) {
		if (i % 3 == 0)
			kfree_rcu(drops[i], head);
		else
			call_rcu(&drops[i]->head, drop_called);
	}
	return (int)n;
}

static bool make_drops(void)
{
	drops = kcalloc(STORM, sizeof(*drops), GFP_KERNEL);
	for (u32 i = 0; drops && i < STORM; i++) {
		drops[i] = kmalloc(sizeof(*drops[i]), GFP_KERNEL);
		if (!drops[i])
			return false;
		drops[i]->state = SCENE_ALIVE;
	}
	return drops;
}

TEST(rcu_callback_storm)
{
	size_t before = kmalloc_in_use();
	unsigned long periods = rcu_grace_periods();
	u32 n = STORM / num_online_cpus() * num_online_cpus();

	atomic_set(&drops_taken, 0);
	atomic_set(&drops_called, 0);
	REQUIRE(make_drops());
	EXPECT_EQ(test_run_on_cpus(make_storm, NULL), n);
	rcu_barrier();
	EXPECT_EQ(atomic_read(&drops_called), n - DIV_ROUND_UP(n, 3));
	for (u32 i = n; i < STORM; i++)
		kfree(drops[i]);
	kfree(drops);
	EXPECT(WAIT_UNTIL(kmalloc_in_use() == before));
	// Batches: a grace period for each callback would be thousands.
	EXPECT(rcu_grace_periods() - periods < STORM / 10);
}

/* Both forms, and an object that a reader still has: it is whole until the reader ends. */
TEST(rcu_kfree_waits_for_reader)
{
	size_t before = kmalloc_in_use();
	struct drop *with_head = kmalloc(sizeof(*with_head), GFP_KERNEL);
	struct drop *plain = kmalloc(sizeof(*plain), GFP_KERNEL);
	struct drop *none = NULL;

	REQUIRE(with_head && plain);
	with_head->state = plain->state = SCENE_ALIVE;
	rcu_read_lock();
	kfree_rcu(with_head, head);
	EXPECT_EQ(kmalloc_in_use(), before + 2);
	EXPECT_EQ(READ_ONCE(with_head->state), SCENE_ALIVE);
	rcu_read_unlock();
	kfree_rcu(plain);
	kfree_rcu(none, head);
	kfree_rcu(none);
	kfree_rcu_mightsleep(none);
	rcu_barrier();
	EXPECT_EQ(kmalloc_in_use(), before);
}

static void free_beside_reader(void *unused)
{
	static struct scene scene;
	struct drop *drop = kmalloc(sizeof(*drop), GFP_KERNEL);
	static bool never;
	size_t before;

	REQUIRE(drop);
	scene_init(&scene, &rcu_plain_ops);
	REQUIRE(scene_begin(&scene));
	drop->state = SCENE_ALIVE;
	before = kmalloc_in_use();
	kfree_rcu(drop);
	scene_held(&never);
	EXPECT(kmalloc_in_use() >= before); // It is there, and what remembers it.
	EXPECT_EQ(READ_ONCE(drop->state), SCENE_ALIVE);
	scene_leave(&scene);
	rcu_barrier();
}

/* The form that may sleep waits for readers elsewhere, which it outlives. */
TEST(rcu_kfree_waits_for_reader_elsewhere)
{
	size_t before = kmalloc_in_use();

	if (num_online_cpus() < 2)
		SKIP("no reader runs while its only CPU waits");
	run_at(test_cpu(0), DEFAULT_PRIO, free_beside_reader, NULL);
	EXPECT(WAIT_UNTIL(kmalloc_in_use() == before));
}
