/* window_test.c: what lies between two steps of a lock, where by itself nobody comes to see.
 * SPDX-License-Identifier: MIT
 *
 * When a thread has taken its lock's inner spinlock, and when it is about to release it, it calls us (perturb.h). We
 * look at what must be true there, and wake a better thread of the same CPU: that runs as soon as the spinlock
 * is released and preemption is on, before the next step, if the lock allows it.
 */
#include "kernel/base/perturb.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/sched/signal.h"
#include "kernel/test/rtmutex_test.h"
#include "lib/errno.h"

#define NO_HOOKS "the fast profile has no call there"

/* ---- The window ---------------------------------------------------------------------------------------- */

static struct {
	const void *inner;          /* the spinlock */
	struct task_struct *thread; /* who is inside it; NULL: the window is shut */
	struct task_struct *wakes;  /* who is woken the first time; NULL afterwards */
	bool (*wrong)(u32 look); /* or NULL: what may not be when it first goes in (1) and out (2) */
	u32 looks;               /* how often it went in or out */
	u32 wrongs;
} window;

static void look(void)
{
	const struct cpu *cpu = this_cpu();
	struct task_struct *wakes = window.wakes;
	u32 held = cpu->nr_held;

	if (current != window.thread || !held || cpu->held[held - 1].lock != window.inner)
		return;
	if (++window.looks <= 2 && window.wrong)
		window.wrongs += window.wrong(window.looks);
	window.wakes = NULL;
	if (wakes)
		wake_up_process(wakes);
}

static void window_open(const void *inner, struct task_struct *wakes, bool (*wrong)(u32 look))
{
	window.inner = inner;
	window.wakes = wakes;
	window.wrong = wrong;
	window.looks = 0;
	window.wrongs = 0;
	window.thread = current;
	perturb_set(look);
}

/* It was gone through, and nothing was wrong. */
static void window_shut(void)
{
	perturb_set(NULL);
	window.thread = NULL;
	EXPECT(window.looks >= 2 && !window.wakes);
	EXPECT_EQ(window.wrongs, 0);
}

/* ---- An unlock that finds nobody waiting, and somebody who comes before it frees the lock ---------------- */

static DEFINE_RT_MUTEX(rt_mutex);
static DEFINE_MUTEX(mutex);

/* The last touch of such an unlock is what frees the lock. */
static bool rt_mutex_is_free(u32 look)
{
	return !rt_mutex_is_locked(&rt_mutex);
}

static bool mutex_is_free(u32 look)
{
	return !mutex_is_locked(&mutex);
}

static void use_rt_mutex(void (*meanwhile)(void))
{
	rt_mutex_lock(&rt_mutex);
	meanwhile();
	rt_mutex_unlock(&rt_mutex);
}

static void use_mutex(void (*meanwhile)(void))
{
	mutex_lock(&mutex);
	meanwhile();
	mutex_unlock(&mutex);
}

struct arrival {
	void (*use)(void (*meanwhile)(void));
	u32 cpu;
	struct actor actor;
};

static void just_come(void)
{
}

static int arrive(void *arg)
{
	struct arrival *arrival = arg;

	sched_set_prio(current, FIFO_HIGH);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	arrival->use(just_come);
	return 0;
}

static struct arrival arrival;

/* A mark left by somebody who is gone sends the unlock to its slow path. */
static void open_at_rt_mutex(void)
{
	set_bit(0, &rt_mutex.owner);
	window_open(&rt_mutex.wait_lock, arrival.actor.task, rt_mutex_is_free);
}

static void open_at_mutex(void)
{
	atomic_dec(&mutex.count);
	window_open(&mutex.wait_lock, arrival.actor.task, mutex_is_free);
}

static void unlock_in_window(void *open)
{
	if (!actor_start(&arrival.actor, arrive, &arrival, arrival.cpu))
		return;
	actor_sleeps(&arrival.actor);
	arrival.use(*(void (**)(void))open);
	window_shut();
	EXPECT_EQ(actor_join(&arrival.actor), 0);
}

static void check_unlock(void (*use)(void (*meanwhile)(void)), void (*open)(void))
{
	arrival = (struct arrival){ .use = use, .cpu = test_cpu(num_online_cpus() - 1) };
	run_at(arrival.cpu, FIFO_LOW, unlock_in_window, &open);
}

TEST(rt_mutex_unlock_meets_arrival)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_HOOKS);
	check_unlock(use_rt_mutex, open_at_rt_mutex);
	EXPECT_EQ(READ_ONCE(rt_mutex.owner), 0);
}

TEST(mutex_unlock_meets_arrival)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_HOOKS);
	check_unlock(use_mutex, open_at_mutex);
	EXPECT_EQ(atomic_read(&mutex.count), 1);
}

/* ---- A wake-up, and the release of the spinlock after which the lock, or who sleeps for it, may be gone ---- */

static struct semaphore semaphore = __SEMAPHORE_INITIALIZER(semaphore, 0);
static DECLARE_COMPLETION(completion);

static struct actor sleeper;

static bool sleeps_still(u32 look)
{
	return look == 2 && READ_ONCE(sleeper.task->__state) == TASK_UNINTERRUPTIBLE;
}

static int sleep_for_unit(void *unused)
{
	down(&semaphore);
	return 0;
}

static int sleep_for_event(void *unused)
{
	wait_for_completion(&completion);
	return 0;
}

static int sleep_for_mutex(void *unused)
{
	use_mutex(just_come);
	return 0;
}

static bool sleeper_start(int (*fn)(void *unused))
{
	return actor_start(&sleeper, fn, NULL, ANY_CPU) && actor_sleeps(&sleeper);
}

TEST(wake_up_comes_before_the_release)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_HOOKS);
	REQUIRE(sleeper_start(sleep_for_unit));
	window_open(&semaphore.lock, NULL, sleeps_still);
	up(&semaphore);
	window_shut();
	actor_join(&sleeper);

	REQUIRE(sleeper_start(sleep_for_event));
	window_open(&completion.wait.lock, NULL, sleeps_still);
	complete(&completion);
	window_shut();
	actor_join(&sleeper);

	mutex_lock(&mutex);
	REQUIRE(sleeper_start(sleep_for_mutex));
	window_open(&mutex.wait_lock, NULL, sleeps_still);
	mutex_unlock(&mutex);
	window_shut();
	actor_join(&sleeper);
}

/* ---- A walk along a chain, and somebody better who wants its CPU ----------------------------------------- */

static struct actor better;
static struct locker far_end;
static int prio_seen;

static int look_at_far_end(void *unused)
{
	sched_set_prio(current, FIFO_HIGH);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	prio_seen = READ_ONCE(far_end.actor.task->prio);
	return 0;
}

static int lock_in_window(struct rt_mutex *lock)
{
	int error;

	window_open(&lock->wait_lock, better.task, NULL);
	error = rt_mutex_lock_interruptible(lock);
	window_shut();
	return error;
}

/* It gets it when all is lent, along the whole chain: not in the middle of the walk. */
TEST(rt_mutex_walk_is_not_preempted)
{
	DEFINE_RT_MUTEX(near);
	DEFINE_RT_MUTEX(far);
	struct locker middle = LOCKER(&near, &far, 120), walker = LOCKER(NULL, &near, FIFO_MID);

	if (!CONFIG_CHECKED)
		SKIP(NO_HOOKS);
	far_end = (struct locker)LOCKER(&far, NULL, 120);
	walker.lock = lock_in_window;
	walker.cpu = test_cpu(num_online_cpus() - 1);
	REQUIRE(locker_start(&far_end) && locker_start(&middle) && locker_start(&walker));
	REQUIRE(actor_start(&better, look_at_far_end, NULL, walker.cpu));
	EXPECT(actor_sleeps(&better) && locker_waits(&middle) && locker_waits(&walker));
	actor_join(&better);
	EXPECT_EQ(prio_seen, FIFO_MID);
	send_sig(SIGINT, walker.actor.task, 0);
	EXPECT_EQ(locker_end(&walker), -EINTR);
	EXPECT_EQ(locker_end(&far_end), 0);
	EXPECT_EQ(locker_end(&middle), 0);
}
