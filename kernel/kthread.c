/* kthread.c: kernel threads with a name, requests to stop and to park, and a result.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   What a thread and those who ask something of it share lives in struct kthread, which lives as long as
 *   the thread's structure does. Who asks takes a reference first, so the answer is there however fast
 *   the thread ends:
 *
 *      stopper                             thread
 *      takes a reference
 *      should_stop = 1 [P]
 *      wakes it                            sees should_stop [Q], leaves its loop
 *      waits for `exited`                  result = ...; complete(exited)
 *      reads the result                    task_exit(): drops its own reference
 *      drops the reference: frees both
 *
 *   Parking is a sleep in a state of its own, which no wake-up for anything else ends. The request is a bit;
 *   the thread sleeps while it is set. Set and seen, cleared and woken: each is the pattern of [S], sched.h.
 *
 *      kthread_park()                      kthread_parkme()               kthread_unpark()
 *      should_park = 1
 *      wakes it from TASK_NORMAL           state = TASK_PARKED
 *                                          [S] should_park? else leaves   should_park = 0
 *      sleeps in park_wait                 wakes park_wait                wakes park_wait
 *      until there is an answer            sleeps, and looks again        [W] wakes it if TASK_PARKED
 *
 *   The answer is not counted, as one in a completion would be, but read from what is true: the thread's
 *   state is TASK_PARKED, or the request was taken back, or the thread ends. A count may be left behind by a
 *   request that was taken back, and then answers the next one too early; and it is missing when the thread
 *   ends instead of parking, and who parks it would wait for ever.
 *   "State is TASK_PARKED" comes before "sleeps", and also before "sees that it need not": so who parks waits,
 *   besides, until the thread is off its CPU (wait_task_inactive()), and for another answer if it went on. The
 *   wait is short, for preemption is off from the one to the other.
 *
 *   A wake-up for an earlier sleep may be late, and undo the state:
 *
 *      waker, holds wake_lock              thread
 *      state is TASK_INTERRUPTIBLE         is awake already, parks: state = TASK_PARKED
 *      state = TASK_RUNNING                does not sleep
 *
 *   So the thread looks again whenever schedule() returns. Who parks it is not deceived either, for he looks
 *   at the state under wake_lock: whoever got that later sees TASK_PARKED, which is no sleep of his.
 *
 *   Stop wins over park, whichever comes first: a thread that parks after kthread_stop() has woken it
 *   would sleep for ever. So one load reads both bits, and to be asked to park counts only without the other.
 *   Who parks a thread that stops waits for its end, and is told -ENOSYS.
 */
#include "kernel/kthread.h"

#include "kernel/base/preempt.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/wait.h"
#include "lib/format.h"

/* Bits of kthread->flags. */
#define KTHREAD_SHOULD_STOP 0
#define KTHREAD_SHOULD_PARK 1
#define KTHREAD_ENDS        2 /* it never looks at the others again */

/* [I] set before the thread runs  [a] atomic */
struct kthread {
	int (*threadfn)(void *data); /* [I] */
	void *data;                  /* [I] */
	unsigned long flags;         /* [a] */
	int result;                  /* written before, read after `exited` */
	struct completion exited;
	wait_queue_head_t park_wait; /* who waits for it to be parked */
};

static struct kthread *to_kthread(struct task_struct *task)
{
	struct kthread *kthread = task->kthread;

	if (!kthread)
		panic("thread %d \"%s\" was not made by kthread_create()", task->pid, task->comm);
	return kthread;
}

void *kthread_data(struct task_struct *thread)
{
	return to_kthread(thread)->data;
}

void *kthread_func(struct task_struct *thread)
{
	return thread->kthread ? to_kthread(thread)->threadfn : NULL;
}

/* Tell the validator that the end of @kthread's function, or of a round of it, is waited for at @where. */
static void note_wait(const struct kthread *kthread, unsigned long where)
{
	struct lockdep_map map __maybe_unused = LOCKDEP_FUNCTION_MAP("thread", kthread->threadfn);

	lockdep_sleeps_for(&map, where);
}

/* ---- Beginning and end ---- */

static void kthread_entry(void *arg)
{
	struct kthread *kthread = arg;
	int result = -EINTR;

	if (!__kthread_should_stop()) {
		kthread_parkme();
		result = kthread->threadfn(kthread->data);
	}
	kthread_exit(result);
}

static struct kthread *kthread_alloc(int (*threadfn)(void *data), void *data)
{
	struct kthread *kthread = kzalloc(sizeof(*kthread), GFP_KERNEL);

	if (!kthread)
		return NULL;
	kthread->threadfn = threadfn;
	kthread->data = data;
	init_completion(&kthread->exited);
	init_waitqueue_head(&kthread->park_wait);
	return kthread;
}

struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node,
					   const char *namefmt, ...)
{
	struct kthread *kthread = kthread_alloc(threadfn, data);
	struct task_struct *task;
	char name[TASK_COMM_LEN];
	va_list args;

	if (!kthread)
		return ERR_PTR(-ENOMEM);
	va_start(args, namefmt);
	vsnprintf(name, sizeof(name), namefmt, args);
	va_end(args);
	task = task_create(name, kthread_entry, kthread);
	if (!task) {
		kfree(kthread);
		return ERR_PTR(-ENOMEM);
	}
	task->kthread = kthread;
	completion_expect(&kthread->exited, task);
	// The thread keeps its own reference; the creator has none, as in Linux.
	put_task_struct(task);
	return task;
}

struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, u32 cpu,
					  const char *namefmt)
{
	struct task_struct *task;
	char name[TASK_COMM_LEN];

	snprintf(name, sizeof(name), namefmt, cpu);
	task = kthread_create(threadfn, data, "%s", name);
	if (!IS_ERR(task))
		kthread_bind(task, cpu);
	return task;
}

struct task_struct *kthread_run_on_cpu(int (*threadfn)(void *data), void *data, u32 cpu,
				       const char *namefmt)
{
	struct task_struct *task = kthread_create_on_cpu(threadfn, data, cpu, namefmt);

	if (!IS_ERR(task))
		wake_up_process(task);
	return task;
}

void kthread_bind_mask(struct task_struct *thread, const struct cpumask *mask)
{
	WARN_ON(READ_ONCE(thread->__state) != TASK_NEW);
	WARN_ON(set_cpus_allowed_ptr(thread, mask));
}

void kthread_bind(struct task_struct *thread, u32 cpu)
{
	struct cpumask mask = cpumask_of_cpu(cpu);

	kthread_bind_mask(thread, &mask);
}

bool __kthread_should_stop(void)
{
	// [Q] pairs with [P] in kthread_stop().
	return test_bit(KTHREAD_SHOULD_STOP, &to_kthread(current)->flags);
}

bool kthread_should_stop(void)
{
	bool stops = __kthread_should_stop();

	lockdep_may_stop((const void *)to_kthread(current)->threadfn, stops, _RET_IP_);
	return stops;
}

int kthread_stop(struct task_struct *thread)
{
	struct kthread *kthread;
	int result;

	might_sleep_here();
	if (unlikely(thread == current)) {
		misuse(NULL,
		       "kthread_stop() at %pS of the thread that calls it, which would wait for its own end",
		       (void *)_RET_IP_);
		return -EDEADLK;
	}
	if (unlikely(!atomic_inc_not_zero(&thread->refs))) {
		warn_report(
			"kthread_stop() of thread %d \"%s\", which has ended by itself and is freed: let it "
			"wait for kthread_should_stop(), or keep it by get_task_struct()",
			thread->pid, thread->comm);
		return thread->exit_code;
	}
	kthread = to_kthread(thread);
	note_wait(kthread, _RET_IP_);
	// [P] pairs with [Q] in kthread_should_stop(): a locked operation, so it is seen by a thread that
	// the wake-up finds awake.
	set_bit(KTHREAD_SHOULD_STOP, &kthread->flags);
	wake_up_state(thread, TASK_NORMAL | TASK_NEW | TASK_PARKED);
	wait_for_completion(&kthread->exited);
	result = kthread->result;
	put_task_struct(thread);
	return result;
}

void kthread_exit(long result)
{
	struct kthread *kthread = to_kthread(current);

	context_check_thread(kthread->threadfn);
	kthread->result = (int)result;
	current->exit_code = (int)result;
	set_bit(KTHREAD_ENDS, &kthread->flags);
	wake_up_all(&kthread->park_wait);
	complete(&kthread->exited);
	task_exit();
}

void kthread_complete_and_exit(struct completion *comp, long result)
{
	if (comp)
		complete(comp);
	kthread_exit(result);
}

/* ---- Parking ---- */

static unsigned long requests(const struct kthread *kthread)
{
	return READ_ONCE(kthread->flags) & (BIT(KTHREAD_SHOULD_STOP) | BIT(KTHREAD_SHOULD_PARK));
}

bool kthread_should_park(void)
{
	return requests(to_kthread(current)) == BIT(KTHREAD_SHOULD_PARK);
}

bool kthread_should_stop_or_park(void)
{
	return requests(to_kthread(current)) != 0;
}

void kthread_parkme(void)
{
	struct kthread *kthread = to_kthread(current);

	might_sleep_here();
	preempt_disable();
	for (;;) {
		set_current_state(TASK_PARKED);
		if (!kthread_should_park())
			break;
		wake_up_all(&kthread->park_wait);
		schedule_preempt_disabled();
	}
	__set_current_state(TASK_RUNNING);
	preempt_enable();
}

static bool ends(const struct kthread *kthread)
{
	return test_bit(KTHREAD_ENDS, &kthread->flags);
}

static bool is_asked_to_park(const struct kthread *kthread)
{
	return test_bit(KTHREAD_SHOULD_PARK, &kthread->flags);
}

/* Wait for the answer to a request to park. Returns what kthread_park() does. */
static int wait_until_parked(struct task_struct *thread, struct kthread *kthread)
{
	do {
		wait_event(kthread->park_wait, READ_ONCE(thread->__state) == TASK_PARKED ||
						       !is_asked_to_park(kthread) || ends(kthread));
		if (ends(kthread))
			return -ENOSYS;
	} while (is_asked_to_park(kthread) && !wait_task_inactive(thread, TASK_PARKED));
	return 0;
}

int kthread_park(struct task_struct *thread)
{
	struct kthread *kthread = to_kthread(thread);
	int error = 0;

	if (unlikely(ends(kthread))) {
		warn_report("kthread_park() of thread %d \"%s\", which has ended", thread->pid,
			    thread->comm);
		return -ENOSYS;
	}
	if (unlikely(test_and_set_bit(KTHREAD_SHOULD_PARK, &kthread->flags))) {
		warn_report("kthread_park() of thread %d \"%s\", which was asked to park already",
			    thread->pid, thread->comm);
		return -EBUSY;
	}
	if (thread == current)
		return 0;
	might_sleep_here();
	note_wait(kthread, _RET_IP_);
	get_task_struct(thread);
	wake_up_process(thread);
	error = wait_until_parked(thread, kthread);
	put_task_struct(thread);
	return error;
}

void kthread_unpark(struct task_struct *thread)
{
	struct kthread *kthread = to_kthread(thread);

	// Once the request is gone the thread may go on, and end.
	get_task_struct(thread);
	clear_bit(KTHREAD_SHOULD_PARK, &kthread->flags);
	wake_up_all(&kthread->park_wait);
	wake_up_state(thread, TASK_PARKED);
	put_task_struct(thread);
}
