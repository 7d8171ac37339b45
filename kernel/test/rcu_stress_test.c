/* rcu_stress_test.c: readers everywhere, updaters that replace and reclaim, and nobody reads what is reclaimed.
 * SPDX-License-Identifier: MIT
 *
 * Readers are threads on every CPU, and a timer's handler on each. An object is alive as long as its
 * state says so, and has its number twice. The updaters take turns at the three ways to reclaim. Whether
 * the test would find a grace period that is none is shown where the order is certain: rcu_test.c.
 */
#include "kernel/core/slab.h"
#include "kernel/core/smpcall.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/test/rcu_test.h"

#define SLOTS    4
#define TIMER_NS (300 * NSEC_PER_USEC)

struct item {
	unsigned long state;
	unsigned long number, number_again;
	struct rcu_head head;
};

static struct item __rcu *slots[SLOTS];
static DEFINE_MUTEX(updates); /* keeps updaters apart */
static atomic_t seen_dead, reads, reads_in_timer;
static struct effort effort;
static bool timers_stop; /* [a] */
static DEFINE_PER_CPU(struct ktimer, read_timer);

static void look(const struct item *item)
{
	unsigned long number = READ_ONCE(item->number);

	if (READ_ONCE(item->state) != SCENE_ALIVE)
		atomic_inc(&seen_dead);
	for (u32 i = 0; i < 20; i++)
		cpu_relax();
	if (READ_ONCE(item->state) != SCENE_ALIVE || READ_ONCE(item->number_again) != number)
		atomic_inc(&seen_dead);
}

static void read_slots(void)
{
	rcu_read_lock();
	for (u32 i = 0; i < SLOTS; i++) {
		const struct item *item = rcu_dereference(slots[i]);

		if (item)
			look(item);
	}
	rcu_read_unlock();
}

static int read_on(void *unused)
{
	for (u32 i = 0; effort_goes_on(&effort, i); i++) {
		read_slots();
		atomic_inc(&reads);
	}
	return 0;
}

static void read_in_timer(struct ktimer *timer)
{
	read_slots();
	atomic_inc(&reads_in_timer);
	if (!READ_ONCE(timers_stop))
		timer_start(timer, clock_ns() + TIMER_NS);
}

static void start_timer(void *unused)
{
	struct ktimer *timer = this_cpu_ptr(&read_timer);

	timer_init(timer, read_in_timer);
	timer_start(timer, clock_ns() + TIMER_NS);
}

static void stop_timers(void)
{
	u32 cpu;

	WRITE_ONCE(timers_stop, true);
	for_each_online_cpu(cpu)
		timer_cancel_sync(per_cpu_ptr(&read_timer, cpu));
}

static struct item *new_item(unsigned long number)
{
	struct item *item = kmalloc(sizeof(*item), GFP_KERNEL);

	if (!EXPECT(item))
		return NULL;
	*item = (struct item){ .state = SCENE_ALIVE, .number = number, .number_again = number };
	return item;
}

static void poison_item(struct item *item)
{
	WRITE_ONCE(item->state, SCENE_POISON);
	WRITE_ONCE(item->number_again, ~0UL);
	kfree(item);
}

static void poison_later(struct rcu_head *head)
{
	poison_item(container_of(head, struct item, head));
}

static void reclaim(struct item *item, unsigned long way)
{
	if (!item)
		return;
	if (way % 8 == 0) {
		synchronize_rcu_expedited();
		poison_item(item);
	} else if (way % 2) {
		call_rcu(&item->head, poison_later);
	} else {
		kfree_rcu(item, head);
	}
}

static int update_on(void *unused)
{
	for (u32 i = 1; effort_goes_on(&effort, i); i++) {
		struct item *item = new_item(i), *old;

		mutex_lock(&updates);
		old = rcu_replace_pointer(slots[i % SLOTS], item, lockdep_is_held(&updates));
		mutex_unlock(&updates);
		reclaim(old, i);
		cond_resched();
	}
	return 0;
}

/* The readers are as many as the CPUs, the updaters half as many and one. */
static int read_or_update(void *arg)
{
	atomic_t *arrived = arg;

	return (u32)atomic_inc_return(arrived) <= num_online_cpus() ? read_on(NULL) :
								      update_on(NULL);
}

TEST(rcu_readers_never_see_reclaimed)
{
	atomic_t arrived = ATOMIC_INIT(0);
	u32 threads = num_online_cpus() + num_online_cpus() / 2 + 1;

	atomic_set(&seen_dead, 0);
	atomic_set(&reads, 0);
	atomic_set(&reads_in_timer, 0);
	WRITE_ONCE(timers_stop, false);
	effort = effort_of(200, 20 * threads, threads);
	on_each_cpu(start_timer, NULL, true);
	test_run_threads(threads, read_or_update, &arrived);
	EXPECT(WAIT_UNTIL(atomic_read(&reads_in_timer) > 0));
	stop_timers();
	for (u32 i = 0; i < SLOTS; i++)
		reclaim(rcu_replace_pointer(slots[i], NULL, true), i + 1);
	rcu_barrier();
	EXPECT_EQ(atomic_read(&seen_dead), 0);
	EXPECT(atomic_read(&reads) >= (int)(20 * num_online_cpus()));
}
