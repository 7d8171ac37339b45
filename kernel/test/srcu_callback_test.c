/* srcu_callback_test.c: call_srcu() and srcu_barrier(): called once, in order, and not before the readers end.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/slab.h"
#include "kernel/core/smpcall.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/test/rcu_test.h"

DEFINE_STATIC_SRCU(srcu);
DEFINE_STATIC_SRCU(other);

static atomic_t calls;

static void count_call(struct rcu_head *head)
{
	EXPECT(in_task() && preempt_count() == SOFTIRQ_DISABLE_OFFSET && !irqs_disabled());
	atomic_inc(&calls);
}

/* Let the thread, which takes turns, have one for @srcu at least: one for `other`, which came later, is over. */
static void let_thread_look(void)
{
	srcu_barrier(&other);
	srcu_barrier(&other);
}

/* In either pair: each round ends with a grace period, which makes the other one current. */
TEST(srcu_callback_waits_for_reader)
{
	struct rcu_head head;

	for (int round = 1; round <= 3; round++) {
		int idx = srcu_read_lock(&srcu);

		atomic_set(&calls, 0);
		call_srcu(&srcu, &head, count_call);
		let_thread_look();
		EXPECT_EQ(atomic_read(&calls), 0);
		srcu_read_unlock(&srcu, idx);
		srcu_barrier(&srcu);
		EXPECT_EQ(atomic_read(&calls), 1);
	}
}

/* A reader that begins while a grace period is under way, and an object that is replaced after that. */
TEST(srcu_late_callback_waits_for_next)
{
	int first = srcu_read_lock(&srcu), second;
	unsigned long idx = READ_ONCE(srcu.idx);
	struct rcu_head early, late;

	atomic_set(&calls, 0);
	call_srcu(&srcu, &early, count_call);
	EXPECT(WAIT_UNTIL(READ_ONCE(srcu.idx) != idx));
	second = srcu_read_lock(&srcu);
	call_srcu(&srcu, &late, count_call);
	srcu_read_unlock(&srcu, first);
	EXPECT(WAIT_UNTIL(atomic_read(&calls) == 1));
	let_thread_look();
	EXPECT_EQ(atomic_read(&calls), 1);
	srcu_read_unlock(&srcu, second);
	srcu_barrier(&srcu);
	EXPECT_EQ(atomic_read(&calls), 2);
}

static int wait_for_readers(void *unused)
{
	synchronize_srcu(&srcu);
	return 0;
}

/* Who waits in synchronize_srcu() makes the steps that the thread would make, and the other way round. */
TEST(srcu_callback_beside_synchronize)
{
	struct actor updaters[2];
	struct rcu_head head;

	for (u32 round = 0; round < 4; round++) {
		int idx = srcu_read_lock(&srcu);

		atomic_set(&calls, 0);
		if (round % 2) {
			call_srcu(&srcu, &head, count_call);
			let_thread_look();
		}
		for (u32 i = 0; i < 2; i++)
			REQUIRE(actor_start(&updaters[i], wait_for_readers, NULL, ANY_CPU));
		for (u32 i = 0; i < 2; i++)
			EXPECT(actor_sleeps(&updaters[i]));
		if (round % 2 == 0) {
			call_srcu(&srcu, &head, count_call);
			let_thread_look();
		}
		EXPECT(!READ_ONCE(updaters[0].ended) && !READ_ONCE(updaters[1].ended));
		EXPECT_EQ(atomic_read(&calls), 0);
		srcu_read_unlock(&srcu, idx);
		for (u32 i = 0; i < 2; i++)
			actor_join(&updaters[i]);
		srcu_barrier(&srcu);
		EXPECT_EQ(atomic_read(&calls), 1);
	}
}

/* ---- Barriers, and order ----------------------------------------------------------------------------- */

static bool barrier_done; /* [a] */
static struct rcu_head heads[NR_CPUS];

static void queue_here(void *unused)
{
	call_srcu(&srcu, &heads[raw_smp_processor_id()], count_call);
}

static int wait_at_barrier(void *unused)
{
	srcu_barrier(&srcu);
	EXPECT_EQ(atomic_read(&calls), num_online_cpus());
	WRITE_ONCE(barrier_done, true);
	return 0;
}

TEST(srcu_barrier_waits_for_callbacks)
{
	struct actor waiter;
	int idx = srcu_read_lock(&srcu);

	barrier_done = false;
	atomic_set(&calls, 0);
	on_each_cpu(queue_here, NULL, true);
	REQUIRE(actor_start(&waiter, wait_at_barrier, NULL, ANY_CPU));
	EXPECT(actor_sleeps(&waiter));
	let_thread_look();
	EXPECT(!READ_ONCE(barrier_done));
	EXPECT_EQ(atomic_read(&calls), 0);
	srcu_read_unlock(&srcu, idx);
	actor_join(&waiter);
	EXPECT(READ_ONCE(barrier_done));
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

TEST(srcu_callbacks_in_order)
{
	order.called = 0;
	for (u32 i = 0; i < IN_ORDER; i++)
		call_srcu(&srcu, &order.heads[i], expect_turn);
	srcu_barrier(&srcu);
	EXPECT_EQ(order.called, IN_ORDER);
}

/* ---- From every context ------------------------------------------------------------------------------ */

enum { FROM_THREAD, FROM_READER, FROM_SPINLOCK, FROM_TIMER, FROM_CALLBACK, PLACES };

static struct {
	struct rcu_head heads[PLACES];
	atomic_t called[PLACES];
	struct ktimer timer;
	bool timer_ran; /* [a] */
} places;

static void note_place(struct rcu_head *head)
{
	u32 place = (u32)(head - places.heads);

	atomic_inc(&places.called[place]);
	if (place == FROM_THREAD)
		call_srcu(&srcu, &places.heads[FROM_CALLBACK], note_place);
}

static void call_in_timer(struct ktimer *timer)
{
	call_srcu(&srcu, &places.heads[FROM_TIMER], note_place);
	WRITE_ONCE(places.timer_ran, true);
}

static void call_from_places(void)
{
	DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;
	int idx;

	places.timer_ran = false;
	timer_init(&places.timer, call_in_timer);
	timer_start(&places.timer, clock_ns());
	call_srcu(&srcu, &places.heads[FROM_THREAD], note_place);
	idx = srcu_read_lock(&srcu);
	call_srcu(&srcu, &places.heads[FROM_READER], note_place);
	srcu_read_unlock(&srcu, idx);
	raw_spin_lock_irqsave(&lock, flags);
	call_srcu(&srcu, &places.heads[FROM_SPINLOCK], note_place);
	raw_spin_unlock_irqrestore(&lock, flags);
	EXPECT(WAIT_UNTIL(READ_ONCE(places.timer_ran)));
	timer_cancel_sync(&places.timer);
}

TEST(srcu_call_from_every_context)
{
	for (u32 place = 0; place < PLACES; place++)
		atomic_set(&places.called[place], 0);
	for (int round = 1; round <= 5; round++) {
		call_from_places();
		srcu_barrier(&srcu); // what was queued here
		srcu_barrier(&srcu); // what a callback queued then
		for (u32 place = 0; place < PLACES; place++)
			EXPECT_EQ(atomic_read(&places.called[place]), round);
	}
}

/* ---- Storms ------------------------------------------------------------------------------------------ */

#define STORM  1200 /* callbacks, by all CPUs together */
#define FAMILY 3    /* structures that take them */

static struct {
	struct srcu_struct *family[FAMILY];
	atomic_t called;
} storm;

struct drop {
	unsigned long state;
	struct rcu_head head;
};

static void drop_called(struct rcu_head *head)
{
	struct drop *drop = container_of(head, struct drop, head);

	EXPECT_EQ(drop->state, SCENE_ALIVE);
	drop->state = SCENE_POISON;
	atomic_inc(&storm.called);
	kfree(drop);
}

/* Each CPU queues for all structures, and now and then reads one, or waits for its callbacks. */
static int make_storm(void *unused)
{
	u32 n = STORM / num_online_cpus();

	for (u32 i = 0; i < n; i++) {
		struct srcu_struct *mine = storm.family[i % FAMILY];
		struct drop *drop = kmalloc(sizeof(*drop), GFP_KERNEL);
		int idx = srcu_read_lock(mine);

		if (!EXPECT(drop))
			return (int)i;
		drop->state = SCENE_ALIVE;
		call_srcu(mine, &drop->head, drop_called);
		if (i % 16 == 0)
			yield();
		EXPECT_EQ(READ_ONCE(drop->state), SCENE_ALIVE);
		srcu_read_unlock(mine, idx);
		if (i % 64 == 0)
			srcu_barrier(mine);
	}
	return (int)n;
}

/* A structure may be freed as soon as its barrier and its cleanup have returned. */
TEST(srcu_callback_storm)
{
	size_t before = kmalloc_in_use();

	atomic_set(&storm.called, 0);
	for (u32 i = 0; i < FAMILY; i++) {
		storm.family[i] = kmalloc(sizeof(*storm.family[i]), GFP_KERNEL);
		REQUIRE(storm.family[i] && init_srcu_struct(storm.family[i]) == 0);
	}
	EXPECT_EQ(test_run_on_cpus(make_storm, NULL),
		  STORM / num_online_cpus() * num_online_cpus());
	for (u32 i = 0; i < FAMILY; i++) {
		srcu_barrier(storm.family[i]);
		cleanup_srcu_struct(storm.family[i]);
		kfree(storm.family[i]);
	}
	EXPECT_EQ(atomic_read(&storm.called), STORM / num_online_cpus() * num_online_cpus());
	EXPECT(WAIT_UNTIL(kmalloc_in_use() ==
			  before)); // The threads' own is freed after their end.
}

static void clean_up_soon(void *unused)
{
	for (u32 i = 0; i < 20; i++) {
		struct srcu_struct *mine = kmalloc(sizeof(*mine), GFP_KERNEL);
		struct rcu_head head;

		REQUIRE(mine && init_srcu_struct(mine) == 0);
		call_srcu(mine, &head, count_call);
		srcu_barrier(mine);
		cleanup_srcu_struct(mine);
		EXPECT(!mine->served);
		kfree(mine);
	}
}

/* The thread still has the structure when the barrier returns: cleanup waits until it has let it go. With
 * one CPU we preempt the thread right after the barrier's callback. */
TEST(srcu_cleanup_after_callbacks)
{
	run_at(test_cpu(0), FIFO_HIGH, clean_up_soon, NULL);
}

/* ---- Misuse ------------------------------------------------------------------------------------------ */

static struct rcu_head misused;

static void call(void *arg)
{
	call_srcu(arg, &misused, count_call);
}

static void call_rcu_as_well(void *arg)
{
	call_rcu(&misused, count_call);
}

static void call_nothing(void *arg)
{
	call_srcu(arg, &misused, NULL);
}

static void clean_up(void *arg)
{
	cleanup_srcu_struct(arg);
}

static void wait_atomically(void *arg)
{
	srcu_barrier(arg);
}

TEST(srcu_callback_misuse)
{
	struct srcu_struct mine = { .name = "mine" };

	EXPECT(test_panics(call_nothing, &srcu, "call_srcu() at call_nothing"));
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	EXPECT(test_panics(call, &mine, "not initialized"));
	EXPECT(test_panics(wait_atomically, &srcu, "may sleep"));
}

/* Callbacks that a reader holds up are found, be they in the batch that waits or queued behind it. */
TEST(srcu_cleanup_with_callbacks)
{
	struct srcu_struct mine;
	struct rcu_head second;
	int idx;

	REQUIRE(init_srcu_struct(&mine) == 0);
	idx = srcu_read_lock(&mine);
	atomic_set(&calls, 0);
	call(&mine);
	let_thread_look();
	EXPECT(mine.batch && !mine.queued);
	EXPECT(test_panics(clean_up, &mine, "there are callbacks"));
	if (CONFIG_CHECKED) {
		EXPECT(test_panics(call, &mine, "is queued twice"));
		EXPECT(test_panics(call_rcu_as_well, NULL, "is queued twice"));
	}
	call_srcu(&mine, &second, count_call);
	EXPECT(mine.queued == &second);
	srcu_read_unlock(&mine, idx);
	srcu_barrier(&mine);
	EXPECT_EQ(atomic_read(&calls), 2);
	cleanup_srcu_struct(&mine);
}
