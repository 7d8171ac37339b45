/* scenario_mutex.c: the ways out of a wait: a signal, a vain try, a time that is over.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"

static int counter;

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

/* Thread 0 listens. */
static void listen(void)
{
	counter = 0;
	explore_task(0)->signals_allowed = 1UL << (SIGINT - 1);
}

/* ---- The mutex ---- */

static struct mutex mutex;

static void mutex_setup(void)
{
	mutex_init(&mutex);
	listen();
}

static bool mutex_is_free(void)
{
	return mutex.count.counter == 1 && !mutex.owner && list_empty(&mutex.wait_list);
}

static void mutex_interrupted(u32 thread)
{
	if (thread) {
		mutex_lock(&mutex);
		count();
		send_sig(SIGINT, explore_task(0), 0);
		mutex_unlock(&mutex);
		return;
	}
	if (mutex_lock_interruptible(&mutex))
		return; // The lock must not count it among its waiters afterwards.
	count();
	mutex_unlock(&mutex);
}

static void mutex_tried(u32 thread)
{
	if (thread)
		mutex_lock(&mutex);
	else if (!mutex_trylock(&mutex))
		return;
	count();
	mutex_unlock(&mutex);
}

SCENARIO(mutex_interruptible, 2, .about = "mutex_lock_interruptible(), and a signal",
	 .setup = mutex_setup, .run = mutex_interrupted, .check = mutex_is_free,
	 .watch = { WATCH(mutex.count), WATCH(counter) });
SCENARIO(mutex_trylock, 2, .about = "mutex_trylock() and mutex_lock()", .setup = mutex_setup,
	 .run = mutex_tried, .check = mutex_is_free,
	 .watch = { WATCH(mutex.count), WATCH(counter) });

/* The owner waits until the other one has given up. */
static bool gave_up;

static void given_up_setup(void)
{
	mutex_setup();
	gave_up = false;
	atomic_set(&mutex.count, 0);
	mutex.owner = explore_task(1);
	mutex.owner->on_cpu = 0; // Nobody spins for it.
}

static void mutex_given_up(u32 thread)
{
	if (thread == 0) {
		explore_assert(mutex_lock_interruptible(&mutex) == -EINTR);
		WRITE_ONCE(gave_up, true);
		return;
	}
	send_sig(SIGINT, explore_task(0), 0);
	while (!READ_ONCE(gave_up))
		cpu_relax();
	mutex_unlock(&mutex);
}

SCENARIO(mutex_signal, 2, .about = "a signal ends mutex_lock_interruptible()",
	 .setup = given_up_setup, .run = mutex_given_up, .check = mutex_is_free,
	 .watch = { WATCH(mutex.count), WATCH(gave_up) });

/* ---- Nobody waits for ever: so many may pass a waiter, and then it is its turn ---- */

/* As if all but one had passed. */
static void mutex_passed_setup(void)
{
	mutex_setup();
	mutex.passed = MUTEX_MAX_PASSES - 1;
}

static void mutex_pass(u32 thread)
{
	mutex_lock(&mutex);
	count();
	mutex_unlock(&mutex);
	for (u32 i = 0; i < 2 && thread == 0; i++) {
		if (!mutex_trylock(&mutex))
			continue;
		count();
		mutex_unlock(&mutex);
	}
}

static bool few_passed(void)
{
	return mutex.passed <= MUTEX_MAX_PASSES;
}

SCENARIO(mutex_handoff, 2, .about = "a mutex is handed over to a waiter that many have passed",
	 .setup = mutex_passed_setup, .run = mutex_pass, .check = mutex_is_free,
	 .holds = few_passed, .watch = { WATCH(mutex.count), WATCH(mutex.passed) });

/* ---- Who finds that it was the last user frees the mutex ---- */

static struct {
	struct mutex mutex;
	int users;
} object __aligned(8);

static void object_setup(void)
{
	mutex_init(&object.mutex);
	object.users = 2;
	explore_object(&object, sizeof(object));
}

static bool leave_object(void)
{
	bool last;

	mutex_lock(&object.mutex);
	last = --object.users == 0;
	mutex_unlock(&object.mutex);
	return last;
}

static void free_if_last(u32 thread)
{
	if (leave_object())
		explore_free(&object);
}

static void look_again_and_free(u32 thread)
{
	leave_object();
	if (!READ_ONCE(object.users))
		explore_free(&object);
}

SCENARIO(mutex_freed, 2, .about = "a mutex that its last user frees", .setup = object_setup,
	 .run = free_if_last, .watch = { WATCH(object.mutex.count), WATCH(object.users) });
SCENARIO(mutex_freed_twice, 2, .about = "users that look without it whether they were the last",
	 .broken = true, .setup = object_setup, .run = look_again_and_free,
	 .watch = { WATCH(object.mutex.count), WATCH(object.users) });

/* ---- The semaphore ---- */

static struct semaphore semaphore;

static void semaphore_setup(void)
{
	sema_init(&semaphore, 1);
	listen();
}

static bool semaphore_is_free(void)
{
	return semaphore.count == 1 && list_empty(&semaphore.wait_list);
}

static void semaphore_interrupted(u32 thread)
{
	if (thread) {
		down(&semaphore);
		count();
		send_sig(SIGINT, explore_task(0), 0);
		up(&semaphore);
		return;
	}
	if (down_interruptible(&semaphore))
		return;
	count();
	up(&semaphore);
}

/* Nobody ever gives a unit: the signal ends the wait. */
static void none_setup(void)
{
	sema_init(&semaphore, 0);
	listen();
}

static void semaphore_only_interrupted(u32 thread)
{
	if (thread)
		send_sig(SIGINT, explore_task(0), 0);
	else
		explore_assert(down_interruptible(&semaphore) == -EINTR);
}

static bool nobody_waits(void)
{
	return semaphore.count == 0 && list_empty(&semaphore.wait_list);
}

SCENARIO(semaphore_signal, 2, .about = "a signal ends down_interruptible()", .setup = none_setup,
	 .run = semaphore_only_interrupted, .check = nobody_waits,
	 .watch = { WATCH(semaphore.count) });
SCENARIO(semaphore_interruptible, 2, .about = "down_interruptible(), and a signal",
	 .setup = semaphore_setup, .run = semaphore_interrupted, .check = semaphore_is_free,
	 .watch = { WATCH(semaphore.count), WATCH(counter) });

/* ---- A completion, and a signal: either uses the event, or it is left ---- */

static struct completion completion;
static int result;

static void completion_setup(void)
{
	init_completion(&completion);
	listen();
	result = 0;
}

static void completion_interrupted(u32 thread)
{
	if (thread == 0) {
		WRITE_ONCE(result, wait_for_completion_interruptible(&completion));
		return;
	}
	send_sig(SIGINT, explore_task(0), 0);
	complete(&completion);
}

static bool event_is_used_or_left(void)
{
	return completion.done == (result ? 1 : 0) && list_empty(&completion.wait.head);
}

SCENARIO(completion_interruptible, 2, .about = "wait_for_completion_interruptible(), and a signal",
	 .setup = completion_setup, .run = completion_interrupted, .check = event_is_used_or_left,
	 .watch = { WATCH(completion.done), WATCH(result) });

/* ---- Nobody gives anything: the time ends each wait ---- */

static void nothing_setup(void)
{
	none_setup();
	completion_setup();
}

static void wait_in_vain(u32 thread)
{
	explore_assert(down_timeout(&semaphore, 1) == -ETIME);
	explore_assert(!wait_for_completion_timeout(&completion, 1));
	explore_assert(READ_ONCE(current->__state) == TASK_RUNNING);
}

SCENARIO(timeouts, 1, .about = "down_timeout() and wait_for_completion_timeout(), in vain",
	 .setup = nothing_setup, .run = wait_in_vain, .check = nobody_waits,
	 .watch = { WATCH(semaphore.count), WATCH(completion.done) });
