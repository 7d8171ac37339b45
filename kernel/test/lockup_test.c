/* lockup_test.c: CPUs that do not schedule, or take no interrupts, are told of; busy and idle ones are not.
 * SPDX-License-Identifier: MIT
 *
 * As in watchdog_test.c, the watchdog is told how much time has passed.
 */
#include <arch/irqflags.h>

#include "kernel/base/quiescent.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/runqueue.h"
#include "kernel/test/wait_scene.h"
#include "kernel/watchdog.h"
#include "lib/format.h"
#include "lib/string.h"

#define HALF_LIMIT 16 /* seconds: a bit more than half of what a CPU is given */

static DEFINE_SPINLOCK(latch);

/* A CPU that hogs: what it does, and whether it is to end it. */
static struct {
	bool begun, end; /* [a] */
} hog;

static int hog_without_preemption(void *unused)
{
	preempt_disable();
	WRITE_ONCE(hog.begun, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(hog.end)));
	preempt_enable();
	return 0;
}

static int hog_with_preemption(void *unused)
{
	WRITE_ONCE(hog.begun, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(hog.end)));
	return 0;
}

static int hog_with_latch(void *unused)
{
	spin_lock(&latch);
	WRITE_ONCE(hog.begun, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(hog.end)));
	spin_unlock(&latch);
	return 0;
}

static bool hog_start(struct actor *actor, int (*fn)(void *), u32 cpu)
{
	hog.begun = hog.end = false;
	return actor_start(actor, fn, NULL, cpu) && EXPECT(WAIT_UNTIL(READ_ONCE(hog.begun)));
}

static void hog_join(struct actor *actor)
{
	WRITE_ONCE(hog.end, true);
	actor_join(actor);
}

static struct watchdog_limits limits;

/* Listen for one kind of lockup; the other is not looked for: what is made here has marks of both, since the time
 * that seems to pass does not. */
static void hear_lockups(const char *about, bool hard)
{
	hear_begin(about);
	limits = watchdog_limits;
	if (hard)
		watchdog_limits.soft_ms = 0;
	else
		watchdog_limits.hard_ms = 0;
}

static void hear_no_lockups(void)
{
	watchdog_limits = limits;
	hear_end();
}

static bool heard_cpu(u32 cpu, const char *what)
{
	char text[60];

	snprintf(text, sizeof(text), "cpu%u has %s", cpu, what);
	return heard_text(text);
}

/* Whether CPU @cpu has been idle, or come through its scheduler, since its count was @passes. */
static bool has_passed(u32 cpu, u64 passes)
{
	u64 now = quiescent_read(cpu);

	return quiescent_is_idle(now) || now != passes;
}

/* All CPUs but the first @n of those from test_cpu(1) on, which cannot, do what they may have been asked to. */
static void let_others_pass(u32 n)
{
	for (u32 i = n + 1; i < num_online_cpus(); i++) {
		u64 passes = quiescent_read(test_cpu(i));

		EXPECT(SPIN_UNTIL(has_passed(test_cpu(i), passes)));
	}
}

/* It is told after it was asked, in vain; once. */
static void look_for_soft_lockup(void *unused)
{
	struct actor actor;

	hear_lockups("not scheduled", false);
	if (hog_start(&actor, hog_without_preemption, test_cpu(1))) {
		hear_look_at_cpus(0);
		hear_look_at_cpus(
			2 *
			HALF_LIMIT); // However long the look has been held up: it is asked first,
		EXPECT_EQ(heard(), 0);
		hear_look_at_cpus(1); // and given time.
		EXPECT_EQ(heard(), 0);
		let_others_pass(1);
		hear_look_at_cpus(HALF_LIMIT);
		EXPECT_EQ(heard(), 1);
		EXPECT(heard_cpu(test_cpu(1), "not scheduled") && heard_thread(actor.task));
		hear_look_at_cpus(HALF_LIMIT);
		EXPECT_EQ(heard(), 1);
	}
	hog_join(&actor);
	hear_no_lockups();
}

TEST(watchdog_soft_lockup)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_soft_lockup, NULL);
}

/* Whatever @cpu was asked for before, it has done now: it may have been away for long. */
static void let_pass(u32 cpu)
{
	u64 passes = quiescent_read(cpu);

	resched_cpu(cpu);
	EXPECT(WAIT_UNTIL(quiescent_read(cpu) != passes));
}

/* A thread that computes, alone on its CPU, for as long as it likes: asked, the CPU schedules. */
static void look_at_busy_cpu(void *unused)
{
	struct actor actor;
	u32 cpu = test_cpu(1);
	u32 asked = 0;

	hear_lockups("not scheduled", false);
	if (hog_start(&actor, hog_with_preemption, cpu)) {
		while (asked < 5) {
			u64 passes;

			let_pass(cpu);
			passes = quiescent_read(cpu);
			hear_look_at_cpus(0);
			// Others run there too, now and then. Only at the count that the look saw is it asked.
			if (quiescent_read(cpu) != passes)
				continue;
			asked++;
			hear_look_at_cpus(HALF_LIMIT);
			EXPECT(WAIT_UNTIL(quiescent_read(cpu) != passes));
			let_others_pass(1);
			hear_look_at_cpus(HALF_LIMIT);
		}
		EXPECT_EQ(heard(), 0);
	}
	hog_join(&actor);
	hear_no_lockups();
}

TEST(watchdog_busy_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_at_busy_cpu, NULL);
}

/* An idle CPU is not told of, nor woken: it takes no interrupt for all these looks. */
static void look_at_idle_cpus(void *unused)
{
	u32 cpu = test_cpu(1);
	bool quiet = false;

	hear_lockups("", false);
	for (u32 i = 0; i < 100 && !quiet; i++) {
		unsigned long irqs;

		msleep(20); // Whatever it has to do, it has done some day.
		irqs = READ_ONCE(cpu_by_id(cpu)->nr_irqs);
		for (u32 look = 0; look < 20; look++) {
			hear_look_at_cpus(HALF_LIMIT);
			let_others_pass(0);
		}
		quiet = READ_ONCE(cpu_by_id(cpu)->nr_irqs) == irqs;
	}
	EXPECT(quiet);
	EXPECT_EQ(heard(), 0);
	hear_no_lockups();
}

TEST(watchdog_idle_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	run_at(test_cpu(0), DEFAULT_PRIO, look_at_idle_cpus, NULL);
}

static int want_latch(void *unused)
{
	spin_lock(&latch);
	spin_unlock(&latch);
	return 0;
}

/* The last report: of a CPU that spins for the latch, with the one that holds it. */
static void expect_latch(const struct actor *spinner, const struct task_struct *holder, u32 cpu)
{
	char text[80];

	EXPECT(heard_thread(spinner->task) && heard_thread(holder));
	if (CONFIG_CHECKED)
		EXPECT(heard_text("spins for spinlock \"latch\""));
	snprintf(text, sizeof(text), "held by thread %d \"%s\" on cpu%u at ", holder->pid,
		 holder->comm, cpu);
	EXPECT(heard_text(text));
}

/* Two CPUs do not schedule: one spins for what the other holds. The last one told of is the spinner. */
static void look_for_spinner(void *unused)
{
	struct actor holder, spinner;

	hear_lockups("not scheduled", false);
	REQUIRE(hog_start(&holder, hog_with_latch, test_cpu(1)));
	if (EXPECT(actor_start(&spinner, want_latch, NULL, test_cpu(2)))) {
		EXPECT(WAIT_UNTIL(READ_ONCE(cpu_by_id(test_cpu(2))->spins_for) == &latch));
		hear_look_at_cpus(0);
		hear_look_at_cpus(HALF_LIMIT);
		let_others_pass(2);
		hear_look_at_cpus(HALF_LIMIT);
		EXPECT_EQ(heard(), 2);
		expect_latch(&spinner, holder.task, test_cpu(1));
		hog_join(&holder);
		actor_join(&spinner);
	}
	hear_no_lockups();
}

TEST(watchdog_soft_lockup_of_a_spinner)
{
	if (num_online_cpus() < 3)
		SKIP("needs three CPUs");
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not know who spins");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_spinner, NULL);
}

/* Takes the latch with interrupts off, once it is told to. */
static int want_latch_irqs_off(void *unused)
{
	unsigned long flags;

	WRITE_ONCE(hog.begun, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(hog.end)));
	local_irq_save(flags);
	WRITE_ONCE(hog.begun, false);
	spin_lock(&latch);
	spin_unlock(&latch);
	local_irq_restore(flags);
	return 0;
}

/* This CPU holds the latch, and so does not schedule either: that is not looked for here. */
static void look_for_hard_lockup(void *unused)
{
	struct actor spinner;

	hear_lockups("taken no interrupt", true);
	REQUIRE(hog_start(&spinner, want_latch_irqs_off, test_cpu(1)));
	spin_lock(&latch);
	WRITE_ONCE(hog.end, true);
	EXPECT(SPIN_UNTIL(!READ_ONCE(hog.begun)));
	if (CONFIG_CHECKED)
		EXPECT(SPIN_UNTIL(READ_ONCE(cpu_by_id(test_cpu(1))->spins_for) == &latch));
	hear_look_at_cpus(0);
	hear_look_at_cpus(HALF_LIMIT);
	EXPECT_EQ(heard(), 0);
	let_others_pass(1);
	hear_look_at_cpus(HALF_LIMIT);
	EXPECT_EQ(heard(), 1);
	hear_look_at_cpus(HALF_LIMIT);
	EXPECT_EQ(heard(), 1); // Once is enough.
	EXPECT(heard_cpu(test_cpu(1), "taken no interrupt") && heard_thread(spinner.task));
	if (CONFIG_CHECKED)
		expect_latch(&spinner, current, test_cpu(0));
	spin_unlock(&latch);
	actor_join(&spinner);
	hear_no_lockups();
}

TEST(watchdog_hard_lockup)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_hard_lockup, NULL);
}

/* One that does not schedule, and takes the interrupt that it is asked by, is told of as the former only. */
static void look_for_no_hard_lockup(void *unused)
{
	struct actor actor;

	hear_lockups("taken no interrupt", true);
	if (hog_start(&actor, hog_without_preemption, test_cpu(1))) {
		const struct cpu *cpu = cpu_by_id(test_cpu(1));
		unsigned long irqs;

		hear_look_at_cpus(0);
		for (u32 i = 0; i < 4; i++) {
			irqs = READ_ONCE(cpu->nr_irqs);
			hear_look_at_cpus(HALF_LIMIT);
			EXPECT(SPIN_UNTIL(READ_ONCE(cpu->nr_irqs) != irqs));
			let_others_pass(1);
		}
		EXPECT_EQ(heard(), 0);
	}
	hog_join(&actor);
	hear_no_lockups();
}

TEST(watchdog_no_hard_lockup)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_no_hard_lockup, NULL);
}

/* ---- CPU 0, which cannot look at itself ---- */

static int hog_without_interrupts(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	WRITE_ONCE(hog.begun, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(hog.end)));
	local_irq_restore(flags);
	return 0;
}

static void look_at_watcher(void *unused)
{
	struct actor actor;

	hear_lockups("taken no interrupt", true);
	if (hog_start(&actor, hog_without_interrupts, 0)) {
		hear_look_at_watcher(0);
		hear_look_at_watcher(HALF_LIMIT);
		EXPECT_EQ(heard(), 0);
		hear_look_at_watcher(HALF_LIMIT);
		EXPECT_EQ(heard(), 1);
		EXPECT(heard_cpu(0, "taken no interrupt") && heard_thread(actor.task));
	}
	hog_join(&actor);
	hear_no_lockups();
}

TEST(watchdog_hard_lockup_of_cpu0)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	NEED_PARALLEL();
	run_at(1, DEFAULT_PRIO, look_at_watcher, NULL);
}
