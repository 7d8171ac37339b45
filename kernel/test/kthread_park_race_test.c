/* kthread_park_race_test.c: parked, woken, unparked, stopped and ended at the same moment.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/perturb.h"
#include "kernel/test/park_test.h"

/* ---- Wake-ups for other sleeps ---- */

#define WAKERS 3

struct waker {
	struct task_struct *task;
	bool *end;
};

/* It wakes the thread from the sleep before it parks, or a moment too late for that. */
static int wakes_always(void *arg)
{
	const struct waker *waker = arg;
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	while (!READ_ONCE(*waker->end)) {
		wake_up_process(waker->task);
		clock_delay_ns(rand_below(&rand, 2000));
		yield();
	}
	return 0;
}

/* Until it is unparked it sleeps, whoever is awake. */
static void expect_asleep_for(const struct parker *parker, u64 ns)
{
	unsigned long rounds = READ_ONCE(parker->rounds);
	u64 end = clock_ns() + ns;

	do {
		EXPECT(parker_is_parked(parker));
		cpu_relax();
	} while (clock_ns() < end);
	EXPECT_EQ(READ_ONCE(parker->rounds), rounds);
}

TEST(kthread_park_races_with_wakers)
{
	struct rand_state rand = test_seed();
	struct parker parker = { .rounds = 0 };
	struct actor actors[WAKERS];
	bool end = false;
	struct waker waker = { .end = &end };
	unsigned int n = min_t(unsigned int, WAKERS, max(num_online_cpus() - 1, 1U));

	REQUIRE(parker_start(&parker));
	waker.task = parker.task;
	for (unsigned int i = 0; i < n; i++)
		actor_start(&actors[i], wakes_always, &waker, test_cpu(i + 1));
	FOR_A_WHILE(i, 50, 5000, 300) {
		EXPECT_EQ(kthread_park(parker.task), 0);
		expect_asleep_for(&parker, rand_below(&rand, 20000));
		kthread_unpark(parker.task);
		if (i % 4)
			clock_delay_ns(rand_below(&rand, 20000));
	}
	WRITE_ONCE(end, true);
	for (unsigned int i = 0; i < n; i++)
		actor_join(&actors[i]);
	parker_expect_running(&parker);
	parker_stop(&parker);
}

/* ---- About to sleep ---- */

static struct task_struct *slowed; /* [a] */

/* At each spinlock, in the fast profile at none. */
static void slow_down_parking(void)
{
	if (current == READ_ONCE(slowed) && READ_ONCE(current->__state) == TASK_PARKED)
		clock_delay_ns(50000);
}

/* Between the thread's saying that it parks, and its sleep, there is a long time. */
TEST(kthread_park_waits_for_the_sleep)
{
	struct parker parker = { .rounds = 0 };

	REQUIRE(parker_start(&parker));
	WRITE_ONCE(slowed, parker.task);
	perturb_set(slow_down_parking);
	for (unsigned int i = 0; i < 30; i++) {
		EXPECT_EQ(kthread_park(parker.task), 0);
		EXPECT(parker_is_parked(&parker));
		kthread_unpark(parker.task);
		parker_expect_running(&parker);
	}
	perturb_set(NULL);
	WRITE_ONCE(slowed, NULL);
	parker_stop(&parker);
}

/* ---- Unparked while it is about to sleep ---- */

struct unparker {
	struct parker parker;
	unsigned long turn; /* [a] the park that is to be undone; 0: none any more */
};

/* Once for each time the thread saw that it is to park: then it must go on. */
static int unparks(void *arg)
{
	struct unparker *unparker = arg;
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	for (unsigned long i = 1;; i++) {
		EXPECT(YIELD_UNTIL(READ_ONCE(unparker->turn) != i - 1));
		if (READ_ONCE(unparker->turn) != i)
			return 0;
		EXPECT(YIELD_UNTIL(READ_ONCE(unparker->parker.parks) == i));
		clock_delay_ns(rand_below(&rand, 3000));
		kthread_unpark(unparker->parker.task);
	}
}

static int parks_and_is_undone(void *arg)
{
	struct effort *effort = arg;
	struct unparker unparker = { .turn = 0 };
	struct actor actor;

	if (!parker_start(&unparker.parker))
		return 0;
	if (actor_start(&actor, unparks, &unparker, test_cpu(raw_smp_processor_id() + 1))) {
		for (unsigned long i = 1; effort_goes_on(effort, (unsigned int)i); i++) {
			WRITE_ONCE(unparker.turn, i);
			EXPECT_EQ(kthread_park(unparker.parker.task), 0);
			if (!EXPECT(YIELD_UNTIL(READ_ONCE(unparker.parker.parked) == i)))
				break;
		}
		WRITE_ONCE(unparker.turn, ~0UL);
		actor_join(&actor);
	}
	parker_stop(&unparker.parker);
	return 1;
}

TEST(kthread_park_races_with_unpark)
{
	struct effort effort = effort_of(300, 64, num_online_cpus());

	EXPECT_EQ(test_run_on_cpus(parks_and_is_undone, &effort), num_online_cpus());
}

/* ---- Stopped, or at its end ---- */

struct late {
	struct actor actor;
	struct task_struct *task;
	u32 delay;
};

static int stops_late(void *arg)
{
	const struct late *late = arg;

	clock_delay_ns(late->delay);
	return kthread_stop(late->task);
}

static int unparks_late(void *arg)
{
	const struct late *late = arg;

	clock_delay_ns(late->delay);
	kthread_unpark(late->task);
	return 0;
}

static unsigned int refusals;

/* Whether @task was parked at a moment. */
static bool park_late(struct task_struct *task, u32 delay)
{
	int result;

	clock_delay_ns(delay);
	result = kthread_park(task);
	EXPECT(result == 0 || result == -ENOSYS);
	refusals += result == -ENOSYS;
	return result == 0;
}

/* Whatever the order, the thread ends, and all three are told. */
static void parks_stops_unparks(void *rand)
{
	FOR_A_WHILE(i, 30, 1000, 400) {
		struct parker parker = { .rounds = 0 };
		struct late stopper, unparker;
		int result;

		if (!(i % 2 ? parker_start(&parker) : parker_make(&parker)))
			return;
		wake_up_process(parker.task);
		stopper.task = parker.task;
		unparker.task = parker.task;
		stopper.delay = rand_below(rand, 60000);
		unparker.delay = rand_below(rand, 60000);
		actor_start(&stopper.actor, stops_late, &stopper, ANY_CPU);
		if (i % 4 < 2)
			actor_start(&unparker.actor, unparks_late, &unparker, ANY_CPU);
		park_late(parker.task, rand_below(rand, 100000));
		result = actor_join(&stopper.actor);
		EXPECT(result == PARKER_RESULT || (result == -EINTR && !parker.began));
		if (i % 4 < 2)
			actor_join(&unparker.actor);
		put_task_struct(parker.task);
	}
}

TEST(kthread_park_races_with_stop)
{
	struct rand_state rand = test_seed();
	unsigned int ended_before;

	refusals = 0;
	ended_before = test_warnings(parks_stops_unparks, &rand, "which has ended");
	EXPECT(ended_before <= refusals);
	test_note("%u refused, %u of them at once", refusals, ended_before);
}

static void parks_what_ends(void *rand)
{
	FOR_A_WHILE(i, 30, 1000, 300) {
		struct parker parker = { .last = 1 + i % 3 };

		if (!(i % 2 ? parker_start(&parker) : parker_make(&parker)))
			return;
		wake_up_process(parker.task);
		if (park_late(parker.task, rand_below(rand, 100000))) {
			EXPECT(parker_is_parked(&parker));
			kthread_unpark(parker.task);
			EXPECT(WAIT_UNTIL(READ_ONCE(parker.task->__state) == TASK_DEAD));
			EXPECT_EQ(READ_ONCE(parker.rounds), parker.last);
		}
		parker_stop(&parker);
	}
}

TEST(kthread_park_races_with_end)
{
	struct rand_state rand = test_seed();
	unsigned int ended_before;

	refusals = 0;
	ended_before = test_warnings(parks_what_ends, &rand, "which has ended");
	EXPECT(ended_before <= refusals);
	test_note("%u refused, %u of them at once", refusals, ended_before);
}

/* Nobody but the thread itself keeps it: once it is unparked it ends, and is gone. */
struct forgotten {
	bool began;
	bool ended;
};

static int parks_and_ends(void *arg)
{
	struct forgotten *forgotten = arg;

	WRITE_ONCE(forgotten->began, true);
	EXPECT(YIELD_UNTIL(kthread_should_park()));
	kthread_parkme();
	WRITE_ONCE(forgotten->ended, true);
	return 0;
}

static int unparks_and_forgets(void *effort)
{
	for (unsigned int i = 0; effort_goes_on(effort, i); i++) {
		struct forgotten forgotten = { .began = false };
		struct task_struct *task = kthread_run(parks_and_ends, &forgotten, "forgotten");

		if (!EXPECT(!IS_ERR(task)))
			return 0;
		EXPECT(YIELD_UNTIL(READ_ONCE(forgotten.began)));
		EXPECT_EQ(kthread_park(task), 0);
		EXPECT(!READ_ONCE(forgotten.ended));
		kthread_unpark(task);
		EXPECT(YIELD_UNTIL(READ_ONCE(forgotten.ended)));
	}
	return 1;
}

TEST(kthread_unpark_and_forget)
{
	struct effort effort = effort_of(100, 32, num_online_cpus());

	EXPECT_EQ(test_run_on_cpus(unparks_and_forgets, &effort), num_online_cpus());
}
