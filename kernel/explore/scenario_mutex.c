/* scenario_mutex.c: the ways out of a wait: a signal, a vain try, a time that is over.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/sched/signal.h"

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
	return mutex.count.counter == 1;
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

SCENARIO(semaphore_interruptible, 2, .about = "down_interruptible(), and a signal",
	 .setup = semaphore_setup, .run = semaphore_interrupted, .check = semaphore_is_free,
	 .watch = { WATCH(semaphore.count), WATCH(counter) });
