/* sched_place_test.c: on which CPU a thread runs: where it may, and where there is room.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/completion.h"
#include "kernel/test/sched_test.h"
#include "lib/errno.h"

/* ---- Bound threads are seen on their CPU only ------------------------------------------------------ */

#define BOUND_PER_CPU 2

/* Sleeps, yields, and is preempted by its like. */
static int bound_thread(void *arg)
{
	u32 cpu = *(u32 *)arg;
	int strayed = 0;

	FOR_A_WHILE(i, 4, 1000, 200) {
		strayed += raw_smp_processor_id() != cpu;
		if (i % 8 == 0)
			usleep_range(10, 10);
		else
			yield();
		clock_delay_ns(1000);
	}
	return strayed;
}

/* Threads without a place of their own, which idle CPUs take from each other. */
static int roaming_thread(void *stop)
{
	while (!READ_ONCE(*(bool *)stop)) {
		clock_delay_ns(20000);
		usleep_range(10, 10);
	}
	return 0;
}

static void run_bound_threads(u32 cpu_of[], struct actor actors[], u32 n)
{
	for (u32 i = 0; i < n; i++) {
		cpu_of[i] = test_cpu(i);
		REQUIRE(actor_start(&actors[i], bound_thread, &cpu_of[i], cpu_of[i]));
	}
	for (u32 i = 0; i < n; i++)
		EXPECT_EQ(actor_join(&actors[i]), 0);
}

TEST(sched_bound_threads_stay)
{
	static struct actor actors[BOUND_PER_CPU * NR_CPUS];
	static u32 cpu_of[BOUND_PER_CPU * NR_CPUS];
	struct actor roaming[4];
	bool stop = false;

	for (u32 i = 0; i < ARRAY_SIZE(roaming); i++)
		REQUIRE(actor_start(&roaming[i], roaming_thread, &stop, ANY_CPU));
	run_bound_threads(cpu_of, actors, BOUND_PER_CPU * num_online_cpus());
	WRITE_ONCE(stop, true);
	for (u32 i = 0; i < ARRAY_SIZE(roaming); i++)
		actor_join(&roaming[i]);
}

/* ---- set_cpus_allowed_ptr() ------------------------------------------------------------------------ */

static int allow(struct task_struct *task, u32 cpu)
{
	struct cpumask mask = cpumask_of_cpu(cpu);

	return set_cpus_allowed_ptr(task, &mask);
}

static void walk_all_cpus(void *unused)
{
	struct cpumask all;
	u32 cpu;

	FOR_A_WHILE(round, 2, 200, 150) {
		for_each_online_cpu(cpu) {
			EXPECT_EQ(allow(current, cpu), 0);
			EXPECT_EQ(raw_smp_processor_id(), cpu);
		}
	}
	cpumask_setall(&all);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &all), 0);
}

TEST(sched_allowed_self)
{
	run_at(ANY_CPU, DEFAULT_PRIO, walk_all_cpus, NULL);
}

/* Several that walk, with others in their way, each waking a walker that does not sleep. */
static int walk_and_wake(void *arg)
{
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 4, 1000, 250) {
		u32 cpu = test_cpu(rand_below(&rand, NR_CPUS));

		EXPECT_EQ(allow(current, cpu), 0);
		EXPECT_EQ(raw_smp_processor_id(), cpu);
		wake_up_process(arg);
		if (rand_below(&rand, 4) == 0)
			usleep_range(1, 1);
		EXPECT_EQ(raw_smp_processor_id(), cpu);
	}
	return 0;
}

TEST(sched_allowed_storm)
{
	test_run_threads(num_online_cpus() + 2, walk_and_wake, current);
}

#define ASK  NR_CPUS       /* what the tester writes to be told where the spinner is */
#define STOP (NR_CPUS + 1) /* and to end it */

/* A thread that never sleeps. An answer is old if it migrates before it gives it: then it is asked again. */
static int spinner(void *arg)
{
	u32 *at = arg;

	while (READ_ONCE(*at) != STOP)
		cmpxchg(at, ASK, raw_smp_processor_id());
	return 0;
}

TEST(sched_allowed_running)
{
	struct actor actor;
	u32 at = ASK;
	u32 cpu;

	REQUIRE(actor_start(&actor, spinner, &at, ANY_CPU));
	FOR_A_WHILE(round, 2, 50, 150) {
		for_each_online_cpu(cpu) {
			EXPECT_EQ(allow(actor.task, cpu), 0);
			EXPECT(WAIT_UNTIL(xchg(&at, ASK) == cpu));
			EXPECT_EQ(READ_ONCE(actor.task->cpu), cpu);
		}
	}
	WRITE_ONCE(at, STOP);
	actor_join(&actor);
}

static int say_cpu(void *arg)
{
	WRITE_ONCE(*(u32 *)arg, raw_smp_processor_id());
	return 0;
}

static int spin_until_set(void *flag)
{
	EXPECT(SPIN_UNTIL(READ_ONCE(*(bool *)flag)));
	return 0;
}

static int spin_as_fifo(void *flag)
{
	sched_set_fifo(current);
	return spin_until_set(flag);
}

/* A thread that waits for one CPU, which it will never get, is sent to another, where it is better than
 * what runs: that one has no reason to come for it. */
static void move_waiting_thread(void *unused)
{
	struct actor hog, busy, waiter;
	u32 at = NR_CPUS;
	bool stop = false;

	REQUIRE(actor_start(&hog, spin_as_fifo, &stop, test_cpu(1)));
	REQUIRE(actor_start(&busy, spin_until_set, &stop, test_cpu(0)));
	EXPECT(WAIT_UNTIL(READ_ONCE(hog.task->prio) < MAX_RT_PRIO));
	REQUIRE(actor_start(&waiter, say_cpu, &at, test_cpu(1)));
	sched_set_prio(waiter.task, FIFO_LOW);
	EXPECT_EQ(allow(waiter.task, test_cpu(0)), 0);
	EXPECT(WAIT_UNTIL(READ_ONCE(at) == test_cpu(0)));
	WRITE_ONCE(stop, true);
	actor_join(&waiter);
	actor_join(&busy);
	actor_join(&hog);
}

TEST(sched_allowed_waiting)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	run_at(test_cpu(0), FIFO_MID, move_waiting_thread, NULL);
}

static int sleep_and_say_cpu(void *arg)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	return say_cpu(arg);
}

TEST(sched_allowed_sleeping)
{
	struct actor actor;
	u32 at = NR_CPUS;
	u32 cpu;

	for_each_online_cpu(cpu) {
		REQUIRE(actor_start(&actor, sleep_and_say_cpu, &at, test_cpu(0)));
		EXPECT(actor_sleeps(&actor));
		EXPECT_EQ(allow(actor.task, cpu), 0);
		EXPECT(wake_up_process(actor.task));
		actor_join(&actor);
		EXPECT_EQ(at, cpu);
	}
}

static void allow_no_cpu(void *unused)
{
	struct cpumask mask = { { 0 } };
	u32 before = raw_smp_processor_id();

	EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), -EINVAL);
	for (u32 cpu = nr_cpus; cpu < NR_CPUS; cpu++)
		cpumask_set_cpu(cpu, &mask);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), -EINVAL);
	EXPECT_EQ(raw_smp_processor_id(), before);
	EXPECT(cpumask_test_cpu(before, &current->cpus_allowed));
}

TEST(sched_allowed_nowhere)
{
	run_at(test_cpu(0), DEFAULT_PRIO, allow_no_cpu, NULL);
}

/* ---- Stealing -------------------------------------------------------------------------------------- */

#define QUEUED 16

static unsigned long stolen_by_all(void)
{
	unsigned long sum = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		sum += sched_nr_stolen(cpu);
	return sum;
}

static struct {
	atomic_t ran;
	struct completion all;
} queue;

static int count_me(void *unused)
{
	if (atomic_inc_return(&queue.ran) == QUEUED)
		complete(&queue.all);
	return 0;
}

/* Let all CPUs take what stands in line, and wait without waking one again and again to look. */
static void wait_for_thieves(struct actor *queued)
{
	struct cpumask all;

	cpumask_setall(&all);
	for (u32 i = 0; i < QUEUED; i++)
		EXPECT_EQ(set_cpus_allowed_ptr(queued[i].task, &all), 0);
	EXPECT(wait_for_completion_timeout(&queue.all, 30 * HZ));
	EXPECT_EQ(atomic_read(&queue.ran), QUEUED);
}

/* Threads that stand behind one that keeps its CPU are run by the CPUs that have nothing to do. */
TEST(sched_idle_cpus_steal)
{
	struct actor hog, queued[QUEUED];
	unsigned long stolen = stolen_by_all();
	bool stop = false;

	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	atomic_set(&queue.ran, 0);
	init_completion(&queue.all);
	REQUIRE(actor_start(&hog, spin_as_fifo, &stop, test_cpu(1)));
	EXPECT(WAIT_UNTIL(READ_ONCE(hog.task->prio) < MAX_RT_PRIO));
	for (u32 i = 0; i < QUEUED; i++)
		REQUIRE(actor_start(&queued[i], count_me, NULL, test_cpu(1)));
	EXPECT_EQ(atomic_read(&queue.ran), 0);
	wait_for_thieves(queued);
	EXPECT(stolen_by_all() - stolen >= QUEUED);
	WRITE_ONCE(stop, true);
	for (u32 i = 0; i < QUEUED; i++)
		actor_join(&queued[i]);
	actor_join(&hog);
}
