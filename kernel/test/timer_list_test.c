/* timer_list_test.c: timers in softirq context: in time, in order, where they belong, and not after a stop.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/timer_list.h"

#include "kernel/base/bh.h"
#include "kernel/core/slab.h"
#include "kernel/test/deferred_test.h"

#define FAR_AWAY (3600UL * HZ)

struct event {
	struct timer_list timer;
	unsigned int fired;
	unsigned int place; /* among those that fired on this CPU */
	u32 cpu;
	bool early;
	bool hold;   /* its function spins while this is set */
	bool inside; /* its function runs */
	bool again;  /* it starts itself anew, for a time that is past */
};

static DEFINE_PER_CPU(unsigned int, events_fired);

static void event_fires(struct timer_list *timer)
{
	struct event *event = from_timer(event, timer, timer);

	EXPECT(in_serving_softirq() && !in_hardirq());
	EXPECT_EQ(irqs_disabled(), !!(timer->flags & TIMER_IRQSAFE));
	WRITE_ONCE(event->inside, true);
	if (time_before(jiffies, timer->expires))
		WRITE_ONCE(event->early, true);
	event->cpu = smp_processor_id();
	event->place = this_cpu_read(events_fired);
	this_cpu_inc(events_fired);
	WRITE_ONCE(event->fired, READ_ONCE(event->fired) + 1);
	EXPECT(SPIN_UNTIL(!READ_ONCE(event->hold)));
	if (READ_ONCE(event->again))
		mod_timer(timer, jiffies - 1);
	WRITE_ONCE(event->inside, false);
}

static void event_init(struct event *event)
{
	*event = (struct event){ .fired = 0 };
	timer_setup(&event->timer, event_fires, 0);
}

static bool has_fired(struct event *event, unsigned int times)
{
	return WAIT_UNTIL(READ_ONCE(event->fired) == times && !READ_ONCE(event->inside));
}

#define TIMERS 20

/* Each fired once, here, not early, and after all that expire before it. */
static int fire_in_order(void *arg)
{
	struct rand_state rand = *(struct rand_state *)arg;
	struct event *events = kcalloc(TIMERS, sizeof(*events), GFP_KERNEL);
	unsigned long now;

	if (!EXPECT(events))
		return 0;
	local_bh_disable(); // All are started before the first fires.
	now = jiffies;
	for (u32 i = 0; i < TIMERS; i++) {
		event_init(&events[i]);
		events[i].timer.expires = now + rand_below(&rand, 6);
		add_timer(&events[i].timer);
		EXPECT(timer_pending(&events[i].timer));
	}
	local_bh_enable();
	for (u32 i = 0; i < TIMERS; i++) {
		EXPECT(has_fired(&events[i], 1));
		EXPECT(!events[i].early && !timer_pending(&events[i].timer));
		EXPECT_EQ(events[i].cpu, smp_processor_id());
	}
	for (u32 i = 0; i < TIMERS * TIMERS; i++) {
		const struct event *a = &events[i / TIMERS], *b = &events[i % TIMERS];

		EXPECT(!time_before(a->timer.expires, b->timer.expires) || a->place < b->place);
	}
	kfree(events);
	return 1;
}

TEST(timer_list_order)
{
	struct rand_state rand = test_seed();

	EXPECT_EQ(test_run_on_cpus(fire_in_order, &rand), num_online_cpus());
}

static DEFINE_TIMER(defined, event_fires);

/* What each way to start and to stop returns, and does. */
TEST(timer_list_start_and_stop)
{
	struct event event;
	unsigned long then = jiffies + FAR_AWAY;

	event_init(&event);
	EXPECT(!timer_pending(&event.timer) && !timer_pending(&defined));
	EXPECT_EQ(del_timer(&event.timer), 0);
	EXPECT_EQ(del_timer_sync(&defined), 0);
	EXPECT_EQ(mod_timer_pending(&event.timer, jiffies), 0);
	EXPECT(!timer_pending(&event.timer));
	EXPECT_EQ(timer_reduce(&event.timer, then), 0);
	EXPECT_EQ(timer_reduce(&event.timer, then + 1), 1);
	EXPECT_EQ(event.timer.expires, then);
	EXPECT_EQ(mod_timer(&event.timer, then + 1), 1);
	EXPECT_EQ(event.timer.expires, then + 1);
	EXPECT_EQ(mod_timer_pending(&event.timer, then), 1);
	EXPECT_EQ(event.timer.expires, then);
	EXPECT_EQ(try_to_del_timer_sync(&event.timer), 1);
	EXPECT_EQ(try_to_del_timer_sync(&event.timer), 0);
	EXPECT_EQ(mod_timer(&event.timer, then), 0);
	EXPECT_EQ(del_timer(&event.timer), 1);
	EXPECT_EQ(event.fired, 0);
	EXPECT_EQ(mod_timer(&event.timer, then), 0);
	EXPECT_EQ(timer_reduce(&event.timer, jiffies), 1);
	EXPECT(has_fired(&event, 1));
	EXPECT_EQ(mod_timer(&event.timer, then), 0);
	EXPECT_EQ(timer_shutdown_sync(&event.timer), 1);
	EXPECT_EQ(mod_timer(&event.timer, jiffies), 0);
	EXPECT(!timer_pending(&event.timer));
	EXPECT_EQ(event.fired, 1);
}

/* The second timer's firing says that the time of the first is over. */
static int stopped_in_time(void *unused)
{
	struct event stopped, later;

	event_init(&stopped);
	event_init(&later);
	for (unsigned int round = 1; round <= 5; round++) {
		local_bh_disable(); // It cannot fire before it is stopped.
		mod_timer(&stopped.timer, jiffies);
		mod_timer(&later.timer, jiffies + 1);
		udelay(50);
		EXPECT_EQ(round % 2 ? del_timer(&stopped.timer) : del_timer_sync(&stopped.timer),
			  1);
		local_bh_enable();
		EXPECT(has_fired(&later, round));
		EXPECT_EQ(READ_ONCE(stopped.fired), 0);
	}
	del_timer_sync(&later.timer);
	return 1;
}

TEST(timer_list_stopped_does_not_fire)
{
	EXPECT_EQ(test_run_on_cpus(stopped_in_time, NULL), num_online_cpus());
}

/* On the CPU it was sent to, soon or later; and interrupts are off for the one that wants that. */
TEST(timer_list_on_cpu)
{
	struct event event;
	u32 cpu;

	for_each_online_cpu(cpu) {
		for (unsigned int delay = 0; delay < 6; delay += 3) {
			event_init(&event);
			timer_setup_on_stack(&event.timer, event_fires, delay ? TIMER_IRQSAFE : 0);
			event.timer.expires = jiffies + delay;
			add_timer_on(&event.timer, cpu);
			EXPECT(has_fired(&event, 1));
			EXPECT_EQ(event.cpu, cpu);
			EXPECT(!event.early);
			del_timer_sync(&event.timer);
		}
	}
}

/* Started anew for the past, it fires once in each jiffy, and threads of its CPU run. */
static int fires_again(void *unused)
{
	unsigned long begun = jiffies;
	struct event event;
	unsigned int seen = 0;

	event_init(&event);
	event.again = true;
	mod_timer(&event.timer, jiffies);
	for (unsigned int turn = 0; turn < 5; turn++) {
		EXPECT(WAIT_UNTIL(READ_ONCE(event.fired) > seen));
		seen = READ_ONCE(event.fired);
	}
	timer_shutdown_sync(&event.timer);
	seen = READ_ONCE(event.fired);
	EXPECT(seen <= jiffies - begun + 1);
	EXPECT(!timer_pending(&event.timer) && !READ_ONCE(event.inside));
	msleep(3);
	EXPECT_EQ(READ_ONCE(event.fired), seen);
	return 1;
}

TEST(timer_list_again_and_again)
{
	EXPECT_EQ(test_run_on_cpus(fires_again, NULL), num_online_cpus());
}

/* However long past its time is, it fires, once. */
TEST(timer_list_long_past)
{
	const unsigned long ago[] = { 1, FAR_AWAY, LONG_MAX / 2, LONG_MAX - HZ };
	struct event event;

	for (unsigned int i = 0; i < ARRAY_SIZE(ago); i++) {
		event_init(&event);
		EXPECT_EQ(mod_timer(&event.timer, jiffies - ago[i]), 0);
		EXPECT(has_fired(&event, 1));
		EXPECT(!timer_pending(&event.timer));
	}
}

/* ---- Races ---- */

static int stops(void *arg)
{
	struct event *event = arg;

	del_timer_sync(&event->timer);
	EXPECT(!READ_ONCE(event->inside));
	return 1;
}

/* Its function spins on another CPU: the stop waits for it, even if it starts itself anew. */
TEST(timer_list_stop_waits)
{
	struct event event;
	struct actor actor;
	struct cpumask before;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	before = test_leave_cpu();
	for (unsigned int again = 0; again < 2; again++) {
		event_init(&event);
		event.hold = true;
		event.again = again;
		event.timer.expires = jiffies;
		add_timer_on(&event.timer, test_cpu(1));
		EXPECT(WAIT_UNTIL(READ_ONCE(event.inside)));
		EXPECT_EQ(try_to_del_timer_sync(&event.timer), -1);
		mod_timer(&event.timer,
			  jiffies); // It stays where it runs, and begins not before the end.
		msleep(3);
		EXPECT(READ_ONCE(event.fired) == 1 && timer_pending(&event.timer));
		if (!actor_start(&actor, stops, &event, test_cpu(0)))
			break;
		msleep(2);
		EXPECT(!READ_ONCE(actor.ended));
		EXPECT(READ_ONCE(event.inside));
		WRITE_ONCE(event.hold, false);
		actor_join(&actor);
		EXPECT(!timer_pending(&event.timer));
	}
	WRITE_ONCE(event.hold, false);
	timer_shutdown_sync(&event.timer);
	test_return(&before);
}

/* One timer that all CPUs start and stop: it never runs on two at once, and none of its starts is lost. */
struct common {
	struct timer_list timer;
	struct alone alone;
	struct effort effort;
};

static void common_fires(struct timer_list *timer)
{
	struct common *common = from_timer(common, timer, timer);

	alone_enter(&common->alone);
	for (unsigned int i = READ_ONCE(common->alone.runs) % 64; i; i--)
		cpu_relax();
	alone_leave(&common->alone);
}

static int starts(void *arg)
{
	struct common *common = arg;

	for (unsigned int i = 0; effort_goes_on(&common->effort, i); i++) {
		alone_ask(&common->alone);
		mod_timer(&common->timer, jiffies + i % 2);
		if (i % 8 == 3) {
			del_timer_sync(&common->timer);
			alone_ask(&common->alone);
			mod_timer(&common->timer, jiffies);
		}
		if (i % 8 == 5)
			usleep_range(100, 200);
	}
	return 1;
}

TEST(timer_list_alone_and_never_lost)
{
	struct common common = { .effort = effort_of(100, 200, num_online_cpus()) };

	timer_setup(&common.timer, common_fires, 0);
	EXPECT_EQ(test_run_on_cpus(starts, &common), num_online_cpus());
	alone_expect_served(&common.alone);
	del_timer_sync(&common.timer);
}

/* After del_timer_sync() the memory may go. */
static int stops_and_frees(void *arg)
{
	struct effort *effort = arg;

	for (unsigned int i = 0; effort_goes_on(effort, i); i++) {
		struct event *event = kmalloc(sizeof(*event), GFP_KERNEL);

		if (!EXPECT(event))
			return 0;
		event_init(event);
		event->timer.expires = jiffies + i % 2;
		add_timer_on(&event->timer, test_cpu(i));
		event->again = i % 2;
		if (i % 3 == 0)
			EXPECT(WAIT_UNTIL(READ_ONCE(event->fired)));
		stops(event);
		kfree(event);
	}
	return 1;
}

TEST(timer_list_stop_and_free)
{
	struct effort effort = effort_of(50, 40, num_online_cpus());

	EXPECT_EQ(test_run_on_cpus(stops_and_frees, &effort), num_online_cpus());
}

/* ---- Arithmetic, and misuse ---- */

TEST(jiffies_arithmetic)
{
	unsigned long last = ~0UL;

	EXPECT(time_after(5, 3) && !time_after(3, 3) && time_after_eq(3, 3) && time_before(3, 5));
	EXPECT(time_after(2, last) && time_before(last, 2) && !time_before_eq(2, last));
	EXPECT(time_in_range(3, 3, 5) && time_in_range(5, 3, 5) && !time_in_range(6, 3, 5));
	EXPECT(time_in_range(1, last, 5) && !time_in_range_open(5, last, 5));
	EXPECT_EQ(msecs_to_jiffies(7), 7 * HZ / 1000);
	EXPECT_EQ(msecs_to_jiffies((unsigned int)-1), MAX_JIFFY_OFFSET);
	EXPECT_EQ(usecs_to_jiffies(1), 1);
	EXPECT_EQ(usecs_to_jiffies(2001), 2 * HZ / 1000 + 1);
	EXPECT_EQ(jiffies_to_msecs(msecs_to_jiffies(1234)), 1234);
	EXPECT_EQ(jiffies_to_usecs(3), 3 * (1000000 / HZ));
	EXPECT_EQ(round_jiffies(1000000 * HZ + 1), 1000000 * HZ);
	EXPECT_EQ(round_jiffies(1000000 * HZ + HZ / 2), 1000001 * HZ);
	EXPECT_EQ(round_jiffies_up(1000000 * HZ + 1), 1000001 * HZ);
}

static void add_pending(void *arg)
{
	add_timer(arg);
}

static void start_never_set_up(void *unused)
{
	struct timer_list timer = { .expires = 0 };

	timer.function = event_fires;
	mod_timer(&timer, jiffies);
}

TEST(timer_list_misuse)
{
	struct event event;

	event_init(&event);
	mod_timer(&event.timer, jiffies + FAR_AWAY);
	EXPECT(test_panics(add_pending, &event.timer, "timer_pending(timer)"));
	EXPECT_EQ(del_timer_sync(&event.timer), 1);
	EXPECT(test_panics(start_never_set_up, NULL, "never set up"));
}
