/* rcu_test.c: a grace period waits for the readers that there are, and for nobody else.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/rcu_test.h"

#include <arch/smp.h>

#include "kernel/base/quiescent.h"
#include "kernel/core/smpcall.h"
#include "kernel/test/nmi_test.h"

/* ---- Readers in threads, handlers, NMIs -------------------------------------------------------------- */

static const struct rcu_ops *const all_ops[] = { &rcu_plain_ops, &rcu_expedited_ops,
						 &rcu_busted_ops };

static void wait_for_reader(void *unused)
{
	static struct scene scene;

	for (u32 i = 0; i < ARRAY_SIZE(all_ops); i++) {
		if (!EXPECT_EQ(scene_run(&scene, all_ops[i]), !all_ops[i]->waits))
			test_note("with %s", all_ops[i]->name);
	}
}

TEST(rcu_waits_for_reader)
{
	if (num_online_cpus() < 2)
		SKIP("no reader runs while its only CPU waits");
	run_at(test_cpu(0), DEFAULT_PRIO, wait_for_reader, NULL);
}

static struct scene interrupted;
static struct ktimer reader_timer;
static bool missed; /* [a] the interrupt came at another moment */

/* Only a CPU that is idle and holds nothing: whoever wanted a lock of it would wait for our reader's end. */
static void read_if_idle(void)
{
	if (current->pid == 0 && (preempt_count() & PREEMPT_MASK) == PREEMPT_OFFSET)
		scene_read(&interrupted);
	else
		WRITE_ONCE(missed, true);
}

static void read_in_timer(struct ktimer *timer)
{
	EXPECT(in_hardirq() && irqs_disabled());
	read_if_idle();
}

static void start_timer_here(void *unused)
{
	timer_start(&reader_timer, clock_ns() + 200 * NSEC_PER_USEC);
}

static void begin_in_timer(void)
{
	EXPECT_EQ(smp_call_function_single(interrupted.cpu, start_timer_here, NULL, true), 0);
}

static void begin_in_nmi(void)
{
	EXPECT(test_nmi_send(interrupted.cpu));
}

/* An idle CPU is interrupted, by a handler that reads. Returns whether it was reclaimed under it. */
static bool interrupt_idle(const struct rcu_ops *ops, void (*begin)(void))
{
	for (u32 tries = 0; tries < 100; tries++) {
		scene_init(&interrupted, ops);
		WRITE_ONCE(missed, false);
		EXPECT(WAIT_UNTIL(quiescent_is_idle(quiescent_read(interrupted.cpu))));
		begin();
		EXPECT(WAIT_UNTIL(READ_ONCE(interrupted.inside) || READ_ONCE(missed)));
		if (READ_ONCE(interrupted.inside))
			return scene_update(&interrupted);
	}
	EXPECT(!"a CPU that is idle can be interrupted");
	return false;
}

static void wait_for_interrupts(void *begin)
{
	for (u32 i = 0; i < ARRAY_SIZE(all_ops); i++) {
		if (!EXPECT_EQ(interrupt_idle(all_ops[i], begin), !all_ops[i]->waits))
			test_note("with %s", all_ops[i]->name);
	}
}

TEST(rcu_waits_for_timer_on_idle_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	timer_init(&reader_timer, read_in_timer);
	run_at(test_cpu(0), DEFAULT_PRIO, wait_for_interrupts, begin_in_timer);
	timer_cancel_sync(&reader_timer);
}

TEST(rcu_waits_for_nmi_on_idle_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	test_nmi_init(read_if_idle);
	run_at(test_cpu(0), DEFAULT_PRIO, wait_for_interrupts, begin_in_nmi);
	EXPECT(test_nmi_wait(test_cpu(1)));
	test_nmi_init(NULL);
}

/* ---- CPUs that do not read --------------------------------------------------------------------------- */

/* Returns how many CPUs slept through a grace period. */
static u32 sleep_through(void)
{
	static u64 before[NR_CPUS];
	u32 cpu, slept = 0;

	for_each_online_cpu(cpu)
		before[cpu] = quiescent_read(cpu);
	synchronize_rcu();
	for_each_online_cpu(cpu)
		slept += quiescent_is_idle(before[cpu]) && quiescent_read(cpu) == before[cpu];
	return slept;
}

static void find_sleepers(void *unused)
{
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;

	while (!sleep_through()) {
		if (!EXPECT(clock_ns() < limit))
			break;
		usleep_range(100, 200);
	}
}

/* One CPU runs us, and one RCU; any other need not do anything for a grace period to end. */
TEST(rcu_leaves_idle_cpus_alone)
{
	if (num_online_cpus() < 3)
		SKIP("needs three CPUs: one that waits, one that looks, and one that is idle");
	run_at(test_cpu(0), DEFAULT_PRIO, find_sleepers, NULL);
}

/* First-in-first-out: the scheduler has no reason to disturb it. */
static struct {
	atomic_t running;
	bool stop;
} on_and_on;

static int run_on_and_on(void *unused)
{
	sched_set_prio(current, FIFO_LOW);
	atomic_inc(&on_and_on.running);
	EXPECT(SPIN_UNTIL(READ_ONCE(on_and_on.stop)));
	return 0;
}

static void wait_for_busy_cpus(void *unused)
{
	static struct actor busy[NR_CPUS];
	unsigned long before = rcu_grace_periods();
	u32 n = min(num_online_cpus(), 8U) - 1;

	on_and_on.stop = false;
	atomic_set(&on_and_on.running, 0);
	for (u32 i = 0; i < n; i++)
		REQUIRE(actor_start(&busy[i], run_on_and_on, NULL, test_cpu(i + 1)));
	EXPECT(WAIT_UNTIL(atomic_read(&on_and_on.running) == (int)n));
	synchronize_rcu();
	synchronize_rcu_expedited();
	EXPECT(rcu_grace_periods() - before >= 2);
	for (u32 i = 0; i < n; i++)
		EXPECT(!READ_ONCE(busy[i].ended));
	WRITE_ONCE(on_and_on.stop, true);
	for (u32 i = 0; i < n; i++)
		actor_join(&busy[i]);
}

TEST(rcu_asks_busy_cpus)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	run_at(test_cpu(0), FIFO_HIGH, wait_for_busy_cpus, NULL);
}

/* ---- Cookies, and one grace period for many ---------------------------------------------------------- */

#define WAITERS 8

static int wait_for_grace(void *unused)
{
	synchronize_rcu();
	return 0;
}

static void serve_many(void *unused)
{
	static struct scene scene;
	static struct actor waiters[WAITERS];
	unsigned long before;

	scene_init(&scene, &rcu_plain_ops);
	REQUIRE(scene_begin(&scene));
	for (u32 i = 0; i < WAITERS; i++)
		REQUIRE(actor_start(&waiters[i], wait_for_grace, NULL, test_cpu(0)));
	for (u32 i = 0; i < WAITERS; i++)
		EXPECT(actor_sleeps(&waiters[i]));
	before = rcu_grace_periods();
	scene_leave(&scene);
	for (u32 i = 0; i < WAITERS; i++)
		actor_join(&waiters[i]);
	// The first one's, in which the others were too late; and one for all of them.
	EXPECT(rcu_grace_periods() - before <= 2);
}

TEST(rcu_grace_period_serves_many)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	rcu_barrier();
	run_at(test_cpu(0), DEFAULT_PRIO, serve_many, NULL);
}

static void poll(void *unused)
{
	static struct scene scene;
	static bool never;
	unsigned long cookie, begun, before;

	scene_init(&scene, &rcu_plain_ops);
	REQUIRE(scene_begin(&scene));
	cookie = get_state_synchronize_rcu();
	EXPECT(!poll_state_synchronize_rcu(cookie));
	begun = start_poll_synchronize_rcu();
	scene_held(&never);
	EXPECT(!poll_state_synchronize_rcu(cookie) && !poll_state_synchronize_rcu(begun));
	scene_leave(&scene);
	EXPECT(WAIT_UNTIL(poll_state_synchronize_rcu(begun)));
	EXPECT(poll_state_synchronize_rcu(cookie));
	before = rcu_grace_periods();
	cond_synchronize_rcu(cookie);
	EXPECT_EQ(rcu_grace_periods(), before);
	cond_synchronize_rcu(get_state_synchronize_rcu());
	EXPECT(rcu_grace_periods() > before);
}

TEST(rcu_state_can_be_polled)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	rcu_barrier();
	run_at(test_cpu(0), DEFAULT_PRIO, poll, NULL);
}

/* Who comes while a grace period is under way: a reader that began after it did is not waited for in it. */
static void come_late(void *unused)
{
	static struct scene first, second;
	unsigned long cookie;
	static bool never;

	scene_init(&first, &rcu_plain_ops);
	scene_init(&second, &rcu_plain_ops);
	second.cpu = test_cpu(2);
	REQUIRE(scene_begin(&first));
	cookie = start_poll_synchronize_rcu();
	scene_held(&never);
	REQUIRE(scene_begin(&second));
	REQUIRE(actor_start(&second.updater, scene_updater, &second, test_cpu(0)));
	EXPECT(actor_sleeps(&second.updater));
	scene_leave(&first);
	EXPECT(WAIT_UNTIL(poll_state_synchronize_rcu(cookie)));
	scene_held(&second.reclaimed);
	EXPECT(!READ_ONCE(second.reclaimed));
	scene_leave(&second);
	actor_join(&second.updater);
	EXPECT_EQ(second.seen, SCENE_ALIVE);
}

TEST(rcu_late_updater_waits_for_next)
{
	if (num_online_cpus() < 3)
		SKIP("needs three CPUs");
	rcu_barrier();
	run_at(test_cpu(0), DEFAULT_PRIO, come_late, NULL);
}

/* On every machine: it returns, and each call has a grace period of its own. */
TEST(rcu_synchronize_returns)
{
	unsigned long before = rcu_grace_periods();

	for (u32 i = 0; i < 10; i++)
		synchronize_rcu();
	for (u32 i = 0; i < 10; i++)
		synchronize_rcu_expedited();
	EXPECT(rcu_grace_periods() - before >= 20);
}

/* ---- A reader that does not end ---------------------------------------------------------------------- */

/* Another CPU may be away for so long as well, and be reported too: not more than a few times. */
static bool stalls(const struct scene *scene, const struct rcu_stall *before)
{
	struct rcu_stall found = rcu_last_stall();

	if (found.reports == before->reports || found.cpu != scene->cpu)
		return false;
	EXPECT_EQ(found.pid, scene->reader.task->pid);
	if (CONFIG_CHECKED)
		EXPECT(found.where - (unsigned long)scene_read < 256);
	return true;
}

static void stall(void *unused)
{
	static struct scene scene;
	struct rcu_stall before = rcu_last_stall();

	rcu_set_stall_limit(NSEC_PER_MSEC);
	scene_init(&scene, &rcu_plain_ops);
	REQUIRE(scene_begin(&scene));
	REQUIRE(actor_start(&scene.updater, scene_updater, &scene, test_cpu(0)));
	EXPECT(WAIT_UNTIL(stalls(&scene, &before)));
	rcu_set_stall_limit(20 * NSEC_PER_SEC);
	scene_leave(&scene);
	actor_join(&scene.updater);
}

TEST(rcu_stall_is_reported)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	run_at(test_cpu(0), DEFAULT_PRIO, stall, NULL);
}
