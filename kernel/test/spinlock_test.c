/* spinlock_test.c: spinlock_t: contexts, exclusion, and locks that interrupt handlers take too.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/spinlock.h"

#include "kernel/core/smpcall.h"
#include "kernel/test/lock_test.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many acquisitions by all threads, however long they take */

static DEFINE_SPINLOCK(static_lock);

TEST(spin_states)
{
	spinlock_t lock;

	EXPECT(!spin_is_locked(&static_lock));
	spin_lock(&static_lock);
	EXPECT_EQ(SPIN_HAS_WORD, spin_is_locked(&static_lock));
	EXPECT(!spin_is_contended(&static_lock));
	assert_spin_locked(&static_lock);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock(&static_lock));
	spin_unlock(&static_lock);
	EXPECT(!spin_is_locked(&static_lock));

	spin_lock_init(&lock);
	EXPECT(!spin_is_locked(&lock));
	EXPECT(spin_trylock(&lock));
	EXPECT_EQ(SPIN_HAS_WORD, spin_is_locked(&lock));
	EXPECT(!SPIN_HAS_WORD || !spin_trylock(&lock));
	spin_unlock(&lock);
	EXPECT(!spin_is_locked(&lock));
}

TEST(spin_context)
{
	DEFINE_SPINLOCK(lock);
	unsigned long flags, inner;

	spin_lock(&lock);
	EXPECT_CONTEXT(false, 1);
	spin_unlock(&lock);
	EXPECT_CONTEXT(false, 0);

	spin_lock_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	spin_unlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);

	spin_lock_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	spin_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);

	local_irq_save(flags);
	spin_lock_irqsave(&lock, inner);
	EXPECT_CONTEXT(true, 1);
	spin_unlock_irqrestore(&lock, inner);
	EXPECT_CONTEXT(true, 0);
	local_irq_restore(flags);
	EXPECT_CONTEXT(false, 0);
}

TEST(spin_trylock_context)
{
	DEFINE_SPINLOCK(lock);
	unsigned long flags, inner;

	EXPECT(spin_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock(&lock));
	EXPECT(!SPIN_HAS_WORD || !spin_trylock_irq(&lock));
	EXPECT_CONTEXT(false, 1);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock_irqsave(&lock, flags));
	EXPECT_CONTEXT(false, 1);
	spin_unlock(&lock);

	EXPECT(spin_trylock_irq(&lock));
	EXPECT_CONTEXT(true, 1);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock_irqsave(&lock, inner));
	EXPECT_CONTEXT(true, 1);
	spin_unlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);

	EXPECT(spin_trylock_irqsave(&lock, flags));
	EXPECT_CONTEXT(true, 1);
	spin_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);
}

struct contention {
	spinlock_t lock;
	struct effort effort; /* of each thread */
	struct guarded data;
	atomic_t by_handlers; /* updates that timers made */
	atomic_t callers;     /* CPUs that still call another */
};

/* The forms of taking it in turn: all exclude one another. */
static void update_once(struct contention *contention, unsigned int form)
{
	unsigned long flags;

	switch (form % 4) {
	case 0:
		spin_lock_irqsave(&contention->lock, flags);
		guarded_update(&contention->data);
		spin_unlock_irqrestore(&contention->lock, flags);
		break;
	case 1:
		spin_lock_irq(&contention->lock);
		guarded_update(&contention->data);
		spin_unlock_irq(&contention->lock);
		break;
	case 2:
		while (!spin_trylock_irqsave(&contention->lock, flags))
			cpu_relax();
		guarded_update(&contention->data);
		spin_unlock_irqrestore(&contention->lock, flags);
		break;
	default:
		while (!spin_trylock_irq(&contention->lock))
			cpu_relax();
		guarded_update(&contention->data);
		spin_unlock_irq(&contention->lock);
	}
}

static int contend(void *arg)
{
	struct contention *contention = arg;
	unsigned int updates = 0;

	for (; effort_goes_on(&contention->effort, updates); updates += 2) {
		update_once(contention, updates / 2);
		spin_lock(&contention->lock);
		guarded_update(&contention->data);
		spin_unlock(&contention->lock);
	}
	return (int)updates;
}

TEST(spin_excludes)
{
	unsigned int threads = 2 * num_online_cpus();
	struct contention contention = { .effort = effort_of(MS, LEAST, threads) };
	long updates;

	spin_lock_init(&contention.lock);
	updates = test_run_threads(threads, contend, &contention);
	guarded_expect(&contention.data, (unsigned long)updates);
}

static void update_in_handler(struct contention *contention)
{
	EXPECT(in_hardirq());
	spin_lock(&contention->lock);
	guarded_update(&contention->data);
	spin_unlock(&contention->lock);
	EXPECT(in_hardirq());
	atomic_inc(&contention->by_handlers);
}

/* A timer that interrupts the very CPU that uses the lock. */
#define TIMER_PERIOD_NS 20000

struct timer_and_thread {
	struct ktimer timer;
	struct contention *contention;
	unsigned int fired;
	bool stopped;
};

static void timer_fires(struct ktimer *timer)
{
	struct timer_and_thread *both = container_of(timer, struct timer_and_thread, timer);

	update_in_handler(both->contention);
	both->fired++;
	if (effort_goes_on(&both->contention->effort, both->fired))
		timer_start(timer, clock_ns() + TIMER_PERIOD_NS);
	else
		WRITE_ONCE(both->stopped, true);
}

static int share_with_timer(void *arg)
{
	struct timer_and_thread both = { .contention = arg };
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;
	int updates = 0;

	timer_init(&both.timer, timer_fires);
	timer_start(&both.timer, clock_ns() + TIMER_PERIOD_NS);
	while (!READ_ONCE(both.stopped) && clock_ns() < limit)
		update_once(both.contention, (unsigned int)updates++);
	EXPECT(READ_ONCE(both.stopped));
	timer_cancel_sync(&both.timer);
	return updates;
}

TEST(spin_shared_with_timers)
{
	struct contention contention = { .effort = effort_of(MS, LEAST, num_online_cpus()) };
	long updates;

	spin_lock_init(&contention.lock);
	updates = test_run_on_cpus(share_with_timer, &contention);
	EXPECT(atomic_read(&contention.by_handlers) >= (int)num_online_cpus());
	updates += atomic_read(&contention.by_handlers);
	guarded_expect(&contention.data, (unsigned long)updates);
}

/* Calls from the other CPUs interrupt one that uses the lock too. */
static void call_arrives(void *info)
{
	struct contention *contention = info;

	spin_lock(&contention->lock);
	guarded_update(&contention->data);
	spin_unlock(&contention->lock);
}

static int call(struct contention *contention)
{
	unsigned int calls = 0;

	for (; effort_goes_on(&contention->effort, calls); calls++)
		EXPECT_EQ(smp_call_function_single(test_cpu(0), call_arrives, contention, true), 0);
	atomic_dec(&contention->callers);
	return (int)calls;
}

static int call_or_be_called(void *arg)
{
	struct contention *contention = arg;
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;
	int updates = 0;

	if (raw_smp_processor_id() != test_cpu(0))
		return call(contention);
	while (atomic_read(&contention->callers) && clock_ns() < limit)
		update_once(contention, (unsigned int)updates++);
	return updates;
}

TEST(spin_shared_with_calls)
{
	unsigned int callers = num_online_cpus() - 1;
	struct contention contention = { .callers = ATOMIC_INIT((int)callers) };
	long updates;

	if (!callers)
		SKIP("no other CPU calls");
	spin_lock_init(&contention.lock);
	contention.effort = effort_of(MS, LEAST, callers);
	updates = test_run_on_cpus(call_or_be_called, &contention);
	guarded_expect(&contention.data, (unsigned long)updates);
}

/*
 * A thread that holds locks with interrupts on, and releases them in whatever order, while a handler takes
 * and releases another one: each finds its own as it left them.
 */
struct nest {
	struct ktimer timer;
	spinlock_t outer, inner, handlers;
	struct effort effort;
	unsigned int fired;
	bool stopped;
};

#define NEST_PERIOD_NS 5000

static void timer_takes_its_own(struct ktimer *timer)
{
	struct nest *nest = container_of(timer, struct nest, timer);

	spin_lock(&nest->handlers);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock(&nest->handlers));
	spin_unlock(&nest->handlers);
	if (effort_goes_on(&nest->effort, ++nest->fired))
		timer_start(timer, clock_ns() + NEST_PERIOD_NS);
	else
		WRITE_ONCE(nest->stopped, true);
}

static int nest_under_interrupts(void *arg)
{
	struct nest nest = { .effort = effort_of(MS, LEAST, 1) };
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;

	spin_lock_init(&nest.outer);
	spin_lock_init(&nest.inner);
	spin_lock_init(&nest.handlers);
	timer_init(&nest.timer, timer_takes_its_own);
	timer_start(&nest.timer, clock_ns() + NEST_PERIOD_NS);
	while (!READ_ONCE(nest.stopped) && clock_ns() < limit) {
		spin_lock(&nest.outer);
		spin_lock(&nest.inner);
		spin_unlock(&nest.outer);
		spin_unlock(&nest.inner);
	}
	EXPECT(READ_ONCE(nest.stopped));
	timer_cancel_sync(&nest.timer);
	preempt_disable();
	EXPECT_EQ(READ_ONCE(this_cpu()->nr_held), 0);
	preempt_enable();
	return 0;
}

TEST(spin_interrupted_while_held)
{
	test_run_on_cpus(nest_under_interrupts, NULL);
}

/* What the checks note about held locks. An interrupt may come when an entry is reserved, and not filled
 * yet: its own locks come and go above. */
TEST(spin_held_list)
{
	DEFINE_SPINLOCK(first);
	DEFINE_SPINLOCK(second);
	struct cpu *cpu;
	unsigned long flags;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile notes nothing");
	local_irq_save(flags);
	cpu = this_cpu();
	cpu->nr_held = 1;
	spin_lock(&first);
	spin_lock(&second);
	EXPECT_EQ(cpu->nr_held, 3);
	spin_unlock(&first);
	EXPECT_EQ(cpu->nr_held, 2);
	EXPECT(!cpu->held[0].lock);
	EXPECT(cpu->held[1].lock == &second);
	spin_unlock(&second);
	EXPECT_EQ(cpu->nr_held, 1);
	cpu->nr_held = 0;
	local_irq_restore(flags);
}
