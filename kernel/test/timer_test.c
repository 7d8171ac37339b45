/* timer_test.c: functions called at a set time: once, in order, never early, and not after a cancel.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/timer.h"

#include "kernel/core/slab.h"
#include "kernel/test/sched_test.h"
#include "lib/limits.h"

/* ---- Deadlines ------------------------------------------------------------------------------------- */

#define TIMERS 40

struct event {
	struct ktimer timer;
	u32 fired;
	u32 place; /* in the order in which they fired */
	u32 cpu;
	bool early;
};

static DEFINE_PER_CPU(u32, events_fired);

static void event_fires(struct ktimer *timer)
{
	struct event *event = container_of(timer, struct event, timer);

	event->early = clock_ns() < timer->deadline;
	event->cpu = smp_processor_id();
	event->place = this_cpu_read(events_fired);
	this_cpu_inc(events_fired);
	EXPECT(in_hardirq() && irqs_disabled());
	smp_store_release(&event->fired,
			  event->fired + 1); // [F] pairs with [F] in wait_for_events()
}

static void wait_for_events(struct event *events)
{
	for (u32 i = 0; i < TIMERS; i++)
		EXPECT(SPIN_UNTIL(smp_load_acquire(&events[i].fired) == 1)); // [F]
}

/* Each fired once, here, not early, and after all with an earlier deadline. Preemption is off. */
static void check_events(const struct event *events)
{
	for (u32 i = 0; i < TIMERS; i++) {
		EXPECT_EQ(events[i].fired, 1);
		EXPECT_EQ(events[i].cpu, smp_processor_id());
		EXPECT(!events[i].early);
		for (u32 k = 0; k < TIMERS; k++)
			EXPECT(events[i].timer.deadline >= events[k].timer.deadline ||
			       events[i].place < events[k].place);
	}
}

static int events_in_order(void *arg)
{
	struct rand_state rand = *(struct rand_state *)arg;
	struct event *events = kcalloc(TIMERS, sizeof(*events), GFP_KERNEL);
	unsigned long flags;
	u64 start;

	if (!EXPECT(events))
		return 0;
	preempt_disable();
	local_irq_save(flags); // All are set before the first fires, else the order may be another.
	start = clock_ns();
	for (u32 i = 0; i < TIMERS; i++) {
		timer_init(&events[i].timer, event_fires);
		timer_start(&events[i].timer, start + rand_below(&rand, 3 * NSEC_PER_MSEC));
	}
	local_irq_restore(flags);
	wait_for_events(events);
	check_events(events);
	preempt_enable();
	for (u32 i = 0; i < TIMERS; i++)
		EXPECT(!timer_cancel_sync(&events[i].timer));
	kfree(events);
	return 1;
}

TEST(timer_order)
{
	struct rand_state rand = test_seed();

	EXPECT_EQ(test_run_on_cpus(events_in_order, &rand), num_online_cpus());
}

/* ---- Cancelling ------------------------------------------------------------------------------------ */

static u32 fired; /* [a] by timers of one CPU at a time */

static void count_fired(struct ktimer *timer)
{
	WRITE_ONCE(fired, fired + 1);
}

/* The second timer's firing says that the time of the first is over. */
TEST(timer_cancel)
{
	struct event later = { .fired = 0 };
	struct ktimer timer;
	unsigned long flags;
	u64 soon;

	WRITE_ONCE(fired, 0);
	timer_init(&timer, count_fired);
	timer_init(&later.timer, event_fires);
	EXPECT(!timer_cancel(&timer) && !timer_cancel_sync(&timer));
	local_irq_save(flags); // It cannot fire before it is cancelled, however long we are away.
	soon = clock_ns() + 2 * NSEC_PER_MSEC;
	timer_start(&timer, soon);
	EXPECT(timer_cancel(&timer));
	EXPECT(!timer_cancel(&timer));
	timer_start(&later.timer, soon + 1);
	local_irq_restore(flags);
	EXPECT(WAIT_UNTIL(smp_load_acquire(&later.fired)));
	EXPECT_EQ(READ_ONCE(fired), 0);
	EXPECT(!timer_cancel_sync(&later.timer));
}

/* One that is pending moves when it is started again: it fires once, at the later time. */
TEST(timer_restart_moves_it)
{
	struct event event = { .fired = 0 };
	u64 start = clock_ns();

	timer_init(&event.timer, event_fires);
	timer_start(&event.timer, start + 3600 * NSEC_PER_SEC);
	timer_start(&event.timer, start + 2 * NSEC_PER_MSEC);
	timer_start(&event.timer, start + 4 * NSEC_PER_MSEC);
	EXPECT(WAIT_UNTIL(smp_load_acquire(&event.fired)));
	EXPECT(clock_ns() >= start + 4 * NSEC_PER_MSEC);
	EXPECT(!event.early && !timer_cancel_sync(&event.timer));
	EXPECT_EQ(event.fired, 1);
}

TEST(timer_extreme_deadlines)
{
	static const u64 never[] = { U64_MAX, U64_MAX / 2, 1ULL << 62, 36000 * NSEC_PER_SEC };
	struct event past = { .fired = 0 };
	struct ktimer timers[ARRAY_SIZE(never)];

	WRITE_ONCE(fired, 0);
	for (u32 i = 0; i < ARRAY_SIZE(never); i++) {
		timer_init(&timers[i], count_fired);
		timer_start(&timers[i], never[i]);
	}
	timer_init(&past.timer, event_fires);
	timer_start(&past.timer, 0);
	EXPECT(WAIT_UNTIL(smp_load_acquire(&past.fired)));
	msleep(5);
	EXPECT_EQ(READ_ONCE(fired), 0);
	for (u32 i = 0; i < ARRAY_SIZE(never); i++)
		EXPECT(timer_cancel_sync(&timers[i]));
	timer_cancel_sync(&past.timer);
}

/* ---- Timers that start themselves again, and who stops them from another CPU ------------------------ */

struct perpetual {
	struct ktimer timer;
	u32 fired;
	bool cancelled; /* [a] timer_cancel_sync() has returned */
	atomic_t late;  /* calls after that */
};

static void fires_for_ever(struct ktimer *timer)
{
	struct perpetual *perpetual = container_of(timer, struct perpetual, timer);

	if (READ_ONCE(perpetual->cancelled))
		atomic_inc(&perpetual->late);
	WRITE_ONCE(perpetual->fired, perpetual->fired + 1);
	timer_start(timer, clock_ns() + 50 * NSEC_PER_USEC);
	clock_delay_ns(25 * NSEC_PER_USEC); // Half of the time it runs: then it is cancelled, too.
	if (READ_ONCE(perpetual->cancelled))
		atomic_inc(&perpetual->late);
}

static int start_perpetual(void *arg)
{
	struct perpetual *perpetual = arg;

	timer_start(&perpetual->timer, clock_ns() + NSEC_PER_USEC);
	return 0;
}

static void cancel_perpetual(struct perpetual *perpetual)
{
	u32 before = READ_ONCE(perpetual->fired);

	EXPECT(SPIN_UNTIL(READ_ONCE(perpetual->fired) > before + 2));
	timer_cancel_sync(&perpetual->timer);
	WRITE_ONCE(perpetual->cancelled, true);
	EXPECT(!READ_ONCE(perpetual->timer.pending));
	clock_delay_ns(100 * NSEC_PER_USEC);
	EXPECT(!timer_cancel_sync(&perpetual->timer));
	EXPECT_EQ(atomic_read(&perpetual->late), 0);
}

TEST(timer_cancel_sync_of_perpetual)
{
	static struct perpetual perpetual;
	struct actor starter;

	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	FOR_A_WHILE(i, 3, 300, 200) {
		perpetual = (struct perpetual){ .fired = 0 };
		timer_init(&perpetual.timer, fires_for_ever);
		REQUIRE(actor_start(&starter, start_perpetual, &perpetual, test_cpu(1 + (u32)i)));
		actor_join(&starter);
		cancel_perpetual(&perpetual);
	}
}

/* ---- A timer that is freed by its own function ------------------------------------------------------ */

struct orphan {
	struct ktimer timer;
	atomic_t *left;
};

static void orphan_fires(struct ktimer *timer)
{
	struct orphan *orphan = container_of(timer, struct orphan, timer);
	atomic_t *left = orphan->left;

	kfree(orphan);
	atomic_dec(left);
}

static int start_orphans(void *arg)
{
	for (u32 i = 0; i < 50; i++) {
		struct orphan *orphan = kmalloc(sizeof(*orphan), GFP_KERNEL);

		if (!EXPECT(orphan))
			return 0;
		orphan->left = arg;
		atomic_inc(orphan->left);
		timer_init(&orphan->timer, orphan_fires);
		timer_start(&orphan->timer, clock_ns() + i * 20 * NSEC_PER_USEC);
	}
	return 0;
}

TEST(timer_frees_itself)
{
	atomic_t left = ATOMIC_INIT(0);

	test_run_on_cpus(start_orphans, &left);
	EXPECT(WAIT_UNTIL(atomic_read(&left) == 0));
}

/* ---- Started, moved and cancelled by everybody ------------------------------------------------------ */

#define SHARED 8

static struct {
	struct ktimer timer;
	u32 running; /* [a] how many CPUs are in its function: never two */
} shared[SHARED];
static atomic_t overlaps;

static void shared_fires(struct ktimer *timer)
{
	u32 *running = &shared[container_of(timer, typeof(shared[0]), timer) - shared].running;

	if (xchg(running, 1))
		atomic_inc(&overlaps);
	clock_delay_ns(1000);
	WRITE_ONCE(*running, 0);
}

static int use_shared(void *unused)
{
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 8, 5000, 200) {
		struct ktimer *timer = &shared[rand_below(&rand, SHARED)].timer;

		switch (rand_below(&rand, 4)) {
		case 0:
			timer_cancel(timer);
			break;
		case 1:
			timer_cancel_sync(timer);
			break;
		default:
			timer_start(timer, clock_ns() + rand_below(&rand, 20000));
		}
	}
	return 0;
}

TEST(timer_storm)
{
	atomic_set(&overlaps, 0);
	for (u32 i = 0; i < SHARED; i++) {
		timer_init(&shared[i].timer, shared_fires);
		shared[i].running = 0;
	}
	test_run_on_cpus(use_shared, NULL);
	for (u32 i = 0; i < SHARED; i++) {
		timer_cancel_sync(&shared[i].timer);
		EXPECT(!shared[i].timer.pending && !shared[i].running);
	}
	EXPECT_EQ(atomic_read(&overlaps), 0);
}
