/* kthread.h: kernel threads, as modules know them.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. A thread runs its function once, from the first wake-up, and ends when that returns or calls
 *      kthread_exit(). Its structure is freed then: who uses the pointer later takes a reference before.
 *   2. kthread_stop() and kthread_park() only ask. The function looks, at each round of its loop, whether it
 *      was asked: kthread_should_stop(), kthread_should_park(). It calls kthread_parkme() with nothing held
 *      that who parks it, or anybody meanwhile, needs.
 *   3. Who asks wakes the thread from a sleep in TASK_NORMAL. So the function sets its state, looks whether it
 *      was asked, and then sleeps, as in every wait (sched.h, [S]).
 *   4. A thread is parked by one at a time, who unparks it; stopped once. To stop it, it need not be
 *      unparked.
 *   5. The function may end by itself only if nobody stops it, or who does holds a reference.
 */
#pragma once

#include "kernel/sched/sched.h"
#include "lib/err.h"

struct completion;

#define NUMA_NO_NODE (-1)

/*
 * kthread_create - a new thread, not yet running, that will run @threadfn(@data) and end with its
 *   return value. Its name is formatted from @namefmt.
 * kthread_create_on_node - the same; there is one node, so @node means nothing.
 * May sleep. Thread context. Return the thread, or ERR_PTR(-ENOMEM). Until it is first woken (and
 * only then) it may be bound.
 */
struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node,
					   const char *namefmt, ...) __printf(4, 5);
#define kthread_create(threadfn, data, namefmt, ...)                                               \
	kthread_create_on_node((threadfn), (data), NUMA_NO_NODE, namefmt, ##__VA_ARGS__)

/* kthread_run - the same, and wake it. */
#define kthread_run(threadfn, data, namefmt, ...)                                                  \
	({                                                                                         \
		struct task_struct *__k = kthread_create(threadfn, data, namefmt, ##__VA_ARGS__);  \
		if (!IS_ERR(__k))                                                                  \
			wake_up_process(__k);                                                      \
		__k;                                                                               \
	})

/* kthread_create_on_cpu - the same as kthread_create(), bound to @cpu; @namefmt has one %u for the CPU's
 * number. kthread_run_on_cpu - and wake it. */
struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, u32 cpu,
					  const char *namefmt);
struct task_struct *kthread_run_on_cpu(int (*threadfn)(void *data), void *data, u32 cpu,
				       const char *namefmt);

/*
 * kthread_bind - let @thread run on CPU @cpu only. kthread_bind_mask - on the CPUs of @mask only.
 * Never sleep. Thread context. @thread was just created and has not been woken yet; @cpu, or one of @mask,
 * is online. (set_cpus_allowed_ptr() does it for any thread at any time.)
 */
void kthread_bind(struct task_struct *thread, u32 cpu);
void kthread_bind_mask(struct task_struct *thread, const struct cpumask *mask);

/*
 * kthread_stop - ask @thread to end, wake it, parked or not, and wait until it has.
 * Sleeps. Thread context, not @thread itself. The caller must hold a reference, or know that @thread
 * does not end before it is asked to; of one that has ended not long ago, and is freed, it warns. Returns what its
 * function returned, or -EINTR if it was never woken: then the function is not called at all.
 * kthread_should_stop - whether this thread was asked to. Never sleeps. Called by a kernel thread.
 * __kthread_should_stop - the same, for a loop that calls what others gave it: the validator takes nothing for the loop's.
 */
int kthread_stop(struct task_struct *thread);
bool kthread_should_stop(void);
bool __kthread_should_stop(void);

/*
 * kthread_park - ask @thread to park, wake it, and wait until it sleeps in kthread_parkme(). One that was
 *   never woken begins, and parks before its function is called.
 * Sleeps. Thread context. Caller makes sure that @thread is not freed before the call; rule 4. Called by
 * @thread itself it only asks: the thread goes on, and sleeps in its next kthread_parkme().
 * Returns 0 if it is parked, or was unparked meanwhile; -ENOSYS if it has ended, or ends without parking;
 * -EBUSY if it was asked already. The last, and -ENOSYS for one that had ended before the call, are reported.
 *
 * kthread_unpark - take the request back, and wake @thread if it is parked. Whoever waits in kthread_park()
 *   waits no longer. Never sleeps. Any context but NMI. Caller makes sure that @thread is not freed before
 *   the call.
 */
int kthread_park(struct task_struct *thread);
void kthread_unpark(struct task_struct *thread);

/*
 * kthread_should_park - whether this thread was asked to park, and not to stop.
 * kthread_should_stop_or_park - whether it was asked for one or the other.
 * Never sleep. Called by a kernel thread.
 * kthread_parkme - sleep as long as kthread_should_park(). Nothing but kthread_unpark() and kthread_stop()
 *   ends that sleep. Sleeps. Called by a kernel thread; rule 2.
 */
bool kthread_should_park(void);
bool kthread_should_stop_or_park(void);
void kthread_parkme(void);

/*
 * kthread_exit - end this thread with @result. Does not return. Called by a kernel thread, nothing held.
 * kthread_complete_and_exit - the same, and complete(@comp) first, unless it is NULL: who waits for that may
 *   free what the function used, for it uses nothing any more.
 */
void kthread_exit(long result) __noreturn;
void kthread_complete_and_exit(struct completion *comp, long result) __noreturn;

/* The names before Linux 5.17. */
#define do_exit(result)                 kthread_exit(result)
#define complete_and_exit(comp, result) kthread_complete_and_exit(comp, result)

/*
 * kthread_data - what kthread_create() was given for @thread's function. kthread_func - that function;
 *   NULL if @thread was not made by it. Never sleep. Any context; @thread is not freed meanwhile.
 */
void *kthread_data(struct task_struct *thread);
void *kthread_func(struct task_struct *thread);
