/* kthread.h: kernel threads, as modules know them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"
#include "lib/err.h"

/*
 * kthread_create - a new thread, not yet running, that will run @threadfn(@data) and end with its
 * return value. Its name is formatted from @namefmt.
 * May sleep. Thread context. Returns the thread, or ERR_PTR(-ENOMEM). Until it is first woken (and
 * only then) it may be bound. It is freed when it ends, so its creator may use the pointer after
 * that only with a reference of its own (get_task_struct()).
 */
struct task_struct *kthread_create(int (*threadfn)(void *data), void *data, const char *namefmt,
				   ...) __printf(3, 4);

/* kthread_run - the same, and wake it. */
#define kthread_run(threadfn, data, namefmt, ...)                                                  \
	({                                                                                         \
		struct task_struct *__k = kthread_create(threadfn, data, namefmt, ##__VA_ARGS__);  \
		if (!IS_ERR(__k))                                                                  \
			wake_up_process(__k);                                                      \
		__k;                                                                               \
	})

/* kthread_create_on_cpu - the same, bound to @cpu; @namefmt has one %u for the CPU's number. */
struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, u32 cpu,
					  const char *namefmt);

/*
 * kthread_bind - let @thread run on CPU @cpu only. Never sleeps. Thread context. @thread was just
 * created and has not been woken yet; @cpu is online.
 */
void kthread_bind(struct task_struct *thread, u32 cpu);

/*
 * kthread_stop - ask @thread to end, wake it, and wait until it has.
 * Sleeps. Thread context, not @thread itself. The caller must hold a reference, or know that @thread
 * does not end before it is asked to. Returns what its function returned, or -EINTR if it was never
 * woken: then the function is not called at all.
 * kthread_should_stop - whether this thread was asked to. Never sleeps. Called by a kernel thread.
 */
int kthread_stop(struct task_struct *thread);
bool kthread_should_stop(void);

/* kthread_func, kthread_data - what @thread was made to call, and with what; kthread_func() of a thread that
 * kthread_create() did not make is NULL. Never sleep. Any context; @thread has not ended. */
void *kthread_func(struct task_struct *thread);
void *kthread_data(struct task_struct *thread);

/* kthread_exit - end this thread with @result. Does not return. Called by a kernel thread. */
void kthread_exit(int result) __noreturn;
