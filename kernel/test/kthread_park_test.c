/* kthread_park_test.c: a parked thread sleeps until it is unparked or stopped, and who parks it knows.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/completion.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/signal.h"
#include "kernel/test/park_test.h"

/* ---- Parked and unparked ---- */

TEST(kthread_park_and_unpark)
{
	struct parker parker = { .rounds = 0 };

	REQUIRE(parker_start(&parker));
	for (unsigned long i = 0; i < 20; i++) {
		unsigned long rounds;

		EXPECT_EQ(kthread_park(parker.task), 0);
		EXPECT(parker_is_parked(&parker));
		rounds = READ_ONCE(parker.rounds);
		EXPECT_EQ(READ_ONCE(parker.parked), i);
		usleep_range(100, 200);
		EXPECT_EQ(READ_ONCE(parker.rounds), rounds);
		kthread_unpark(parker.task);
		parker_expect_running(&parker);
		EXPECT_EQ(READ_ONCE(parker.parked), i + 1);
	}
	parker_stop(&parker);
}

/* Wake-ups for other sleeps, and signals, do not reach a parked thread. */
TEST(kthread_parked_sleeps_on)
{
	struct parker parker = { .rounds = 0 };
	unsigned long rounds;

	REQUIRE(parker_start(&parker));
	EXPECT_EQ(kthread_park(parker.task), 0);
	rounds = READ_ONCE(parker.rounds);
	set_bit(SIGKILL - 1, &parker.task->signals_allowed);
	EXPECT_EQ(send_sig(SIGKILL, parker.task, 0), 0);
	EXPECT(!wake_up_process(parker.task));
	EXPECT(!wake_up_state(parker.task, ~TASK_PARKED));
	usleep_range(100, 200);
	EXPECT(parker_is_parked(&parker));
	EXPECT_EQ(READ_ONCE(parker.rounds), rounds);
	flush_signals(parker.task);
	kthread_unpark(parker.task);
	parker_expect_running(&parker);
	parker_stop(&parker);
}

/* It wakes where it may run by then. */
TEST(kthread_parked_moves)
{
	struct parker parker = { .rounds = 0 };
	u32 cpu;

	REQUIRE(parker_start(&parker));
	for_each_online_cpu(cpu) {
		struct cpumask mask = cpumask_of_cpu(cpu);

		EXPECT_EQ(kthread_park(parker.task), 0);
		EXPECT_EQ(set_cpus_allowed_ptr(parker.task, &mask), 0);
		EXPECT(parker_is_parked(&parker));
		kthread_unpark(parker.task);
		parker_expect_running(&parker);
		EXPECT_EQ(READ_ONCE(parker.task->cpu), cpu);
	}
	parker_stop(&parker);
}

/* Without a request there is nothing to wait for, and what was not asked for is not counted. */
TEST(kthread_unpark_is_not_saved)
{
	struct parker parker = { .rounds = 0 };

	kthread_parkme();
	REQUIRE(parker_start(&parker));
	for (unsigned int i = 0; i < 3; i++)
		kthread_unpark(parker.task);
	EXPECT_EQ(kthread_park(parker.task), 0);
	EXPECT(parker_is_parked(&parker));
	kthread_unpark(parker.task);
	parker_expect_running(&parker);
	EXPECT_EQ(READ_ONCE(parker.parked), 1);
	parker_stop(&parker);
}

/* ---- Before the first run ---- */

TEST(kthread_park_before_first_run)
{
	for (unsigned int i = 0; i < 10; i++) {
		struct parker parker = { .rounds = 0 };

		REQUIRE(parker_make(&parker));
		kthread_unpark(parker.task); // This does not start it.
		EXPECT_EQ(READ_ONCE(parker.task->__state), TASK_NEW);
		EXPECT_EQ(kthread_park(parker.task), 0);
		EXPECT(parker_is_parked(&parker));
		EXPECT(!READ_ONCE(parker.began));
		if (i % 2) {
			kthread_unpark(parker.task);
			EXPECT(WAIT_UNTIL(READ_ONCE(parker.began)));
		}
		parker_stop(&parker); // Its function is called, and sees that.
		EXPECT(parker.began);
		EXPECT_EQ(parker.parked, 0);
	}
}

TEST(kthread_stop_while_parked)
{
	for (unsigned int i = 0; i < 20; i++) {
		struct parker parker = { .rounds = 0 };

		REQUIRE(parker_start(&parker));
		EXPECT_EQ(kthread_park(parker.task), 0);
		parker_stop(&parker);
		EXPECT_EQ(parker.parked, 1);
	}
}

/* On the thread's own CPU, and before it: it has no chance to run in between. */
static void unparks_and_parks(void *task)
{
	EXPECT_EQ(kthread_park(task), 0);
	kthread_unpark(task);
	EXPECT_EQ(READ_ONCE(((struct task_struct *)task)->__state), TASK_RUNNING);
	EXPECT_EQ(kthread_park(task), 0);
}

TEST(kthread_parked_again_before_it_runs)
{
	struct parker parker = { .rounds = 0 };

	REQUIRE(parker_make(&parker));
	kthread_bind(parker.task, test_cpu(0));
	run_at(test_cpu(0), FIFO_HIGH, unparks_and_parks, parker.task);
	EXPECT(parker_is_parked(&parker));
	EXPECT(!READ_ONCE(parker.began));
	parker_stop(&parker);
}

/* ---- By itself ---- */

static int parks_itself(void *asked)
{
	EXPECT(!kthread_should_park() && !kthread_should_stop_or_park());
	EXPECT_EQ(kthread_park(current), 0);
	EXPECT(kthread_should_park() && kthread_should_stop_or_park() && !kthread_should_stop());
	WRITE_ONCE(*(bool *)asked, true);
	kthread_parkme();
	EXPECT(!kthread_should_park() && !kthread_should_stop_or_park());
	return 1;
}

TEST(kthread_park_itself_only_asks)
{
	bool asked = false;
	struct actor actor;

	REQUIRE(actor_start(&actor, parks_itself, &asked, ANY_CPU));
	EXPECT(WAIT_UNTIL(actor_is_asleep(&actor, TASK_PARKED)));
	EXPECT(asked && !READ_ONCE(actor.ended));
	kthread_unpark(actor.task);
	EXPECT_EQ(actor_join(&actor), 1);
}

/* ---- Other answers ---- */

static int parks(void *task)
{
	return kthread_park(task);
}

static int stops(void *task)
{
	return kthread_stop(task);
}

/* Who waits for a thread to be parked is told when that is no longer wanted. */
TEST(kthread_unpark_ends_the_wait)
{
	struct parker parker = { .blind = true };
	struct actor actor;

	REQUIRE(parker_start(&parker));
	for (unsigned int i = 0; i < 10; i++) {
		if (!actor_start(&actor, parks, parker.task, ANY_CPU))
			break;
		actor_sleeps(&actor);
		kthread_unpark(parker.task);
		EXPECT_EQ(actor_join(&actor), 0);
	}
	EXPECT_EQ(READ_ONCE(parker.parked), 0);
	WRITE_ONCE(parker.blind, false);
	EXPECT_EQ(kthread_park(parker.task), 0);
	EXPECT(parker_is_parked(&parker));
	parker_stop(&parker);
}

TEST(kthread_end_ends_the_wait)
{
	struct parker parker = { .blind = true };
	struct actor actor, stopper;

	REQUIRE(parker_start(&parker));
	if (actor_start(&actor, parks, parker.task, ANY_CPU)) {
		actor_sleeps(&actor);
		if (actor_start(&stopper, stops, parker.task, ANY_CPU)) {
			actor_sleeps(&stopper);
			EXPECT(!READ_ONCE(actor.ended));
			WRITE_ONCE(parker.blind, false);
			EXPECT_EQ(actor_join(&stopper), PARKER_RESULT);
		}
		EXPECT_EQ(actor_join(&actor), -ENOSYS);
	}
	EXPECT_EQ(parker.parked, 0);
	put_task_struct(parker.task);
}

static void parks_for_enosys(void *task)
{
	EXPECT_EQ(kthread_park(task), -ENOSYS);
}

static void parks_for_ebusy(void *task)
{
	EXPECT_EQ(kthread_park(task), -EBUSY);
}

TEST(kthread_park_refused)
{
	struct parker parker = { .rounds = 0 };

	REQUIRE(parker_start(&parker));
	EXPECT_EQ(kthread_park(parker.task), 0);
	EXPECT_EQ(test_warnings(parks_for_ebusy, parker.task, "was asked to park already"), 1);
	EXPECT(parker_is_parked(&parker));
	EXPECT_EQ(kthread_stop(parker.task), PARKER_RESULT);
	EXPECT_EQ(test_warnings(parks_for_enosys, parker.task, "has ended"), 1);
	kthread_unpark(parker.task);
	put_task_struct(parker.task);
}

/* ---- Stop wins ---- */

/* It would rather park than stop. */
struct eager {
	bool began;
	bool open;
};

static int parks_first(void *arg)
{
	struct eager *eager = arg;

	WRITE_ONCE(eager->began, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(eager->open)));
	EXPECT(!kthread_should_park() && kthread_should_stop() && kthread_should_stop_or_park());
	kthread_parkme();
	return PARKER_RESULT;
}

static void expect_stop_wins(bool stop_first)
{
	struct eager eager = { .began = false };
	struct task_struct *task = kthread_create(parks_first, &eager, "parks first");
	struct actor stopper, actor;

	REQUIRE(!IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	EXPECT(WAIT_UNTIL(READ_ONCE(eager.began)));
	if (stop_first && actor_start(&stopper, stops, task, ANY_CPU))
		actor_sleeps(&stopper);
	if (actor_start(&actor, parks, task, ANY_CPU))
		actor_sleeps(&actor);
	if (!stop_first && actor_start(&stopper, stops, task, ANY_CPU))
		actor_sleeps(&stopper);
	WRITE_ONCE(eager.open, true);
	EXPECT_EQ(actor_join(&stopper), PARKER_RESULT);
	EXPECT_EQ(actor_join(&actor), -ENOSYS);
	put_task_struct(task);
}

TEST(kthread_stop_wins_over_park)
{
	expect_stop_wins(true);
	expect_stop_wins(false);
}

/* ---- Made, bound, known, ended ---- */

struct where {
	u32 cpu;
	struct completion ended;
	struct completion *tell;
};

static int tells_cpu(void *arg)
{
	struct where *where = arg;

	EXPECT(kthread_data(current) == where);
	EXPECT(kthread_func(current) == (void *)tells_cpu);
	where->cpu = raw_smp_processor_id();
	kthread_complete_and_exit(where->tell, (long)where->cpu + 5);
}

TEST(kthread_run_on_cpu_and_complete)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct where where = { .tell = &where.ended };

		init_completion(&where.ended);
		REQUIRE(!IS_ERR(kthread_run_on_cpu(tells_cpu, &where, cpu, "there/%u")));
		wait_for_completion(&where.ended);
		EXPECT_EQ(where.cpu, cpu);
	}
}

TEST(kthread_bind_mask_and_exit)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct where where = { .tell = NULL };
		struct cpumask mask = cpumask_of_cpu(cpu), next = cpumask_of_cpu(test_cpu(cpu + 1));
		struct task_struct *task = kthread_create_on_node(tells_cpu, &where, 3, "masked");

		REQUIRE(!IS_ERR(task));
		EXPECT(kthread_data(task) == &where && kthread_func(task) == (void *)tells_cpu);
		get_task_struct(task);
		cpumask_or(&mask, &mask, &next);
		kthread_bind_mask(task, &mask);
		wake_up_process(task);
		EXPECT(WAIT_UNTIL(READ_ONCE(task->__state) == TASK_DEAD));
		EXPECT(cpumask_test_cpu(where.cpu, &mask));
		EXPECT_EQ(kthread_stop(task), (int)where.cpu + 5);
		put_task_struct(task);
	}
	EXPECT(!kthread_func(cpu_rq(0)->idle));
}
