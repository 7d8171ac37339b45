/* kthread.c: kernel threads with a name, a request to stop, and a result.
 * SPDX-License-Identifier: MIT
 *
 * What a thread and its stopper share lives in struct kthread, which lives as long as the thread's
 * structure does. The stopper takes a reference first, so the result is there however fast the
 * thread ends:
 *
 *      stopper                             thread
 *      takes a reference
 *      should_stop = 1 [P]
 *      wakes it                            sees should_stop [Q], leaves its loop
 *      waits for `exited`                  result = ...; complete(exited)
 *      reads the result                    task_exit(): drops its own reference
 *      drops the reference: frees both
 */
#include "kernel/kthread.h"

#include "kernel/base/preempt.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/completion.h"
#include "lib/format.h"

#define KTHREAD_SHOULD_STOP 0

/* [I] set before the thread runs  [a] atomic */
struct kthread {
	int (*threadfn)(void *data); /* [I] */
	void *data;                  /* [I] */
	unsigned long flags;         /* [a] */
	int result;                  /* written before, read after `exited` */
	struct completion exited;
};

static struct kthread *to_kthread(struct task_struct *task)
{
	struct kthread *kthread = task->kthread;

	if (!kthread)
		panic("thread %d \"%s\" was not made by kthread_create()", task->pid, task->comm);
	return kthread;
}

static void kthread_entry(void *arg)
{
	struct kthread *kthread = arg;
	int result = -EINTR;

	if (!kthread_should_stop())
		result = kthread->threadfn(kthread->data);
	kthread_exit(result);
}

struct task_struct *kthread_create(int (*threadfn)(void *data), void *data, const char *namefmt,
				   ...)
{
	struct kthread *kthread = kzalloc(sizeof(*kthread), GFP_KERNEL);
	struct task_struct *task;
	char name[TASK_COMM_LEN];
	va_list args;

	if (!kthread)
		return ERR_PTR(-ENOMEM);
	va_start(args, namefmt);
	vsnprintf(name, sizeof(name), namefmt, args);
	va_end(args);
	kthread->threadfn = threadfn;
	kthread->data = data;
	init_completion(&kthread->exited);
	task = task_create(name, kthread_entry, kthread);
	if (!task) {
		kfree(kthread);
		return ERR_PTR(-ENOMEM);
	}
	task->kthread = kthread;
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

void kthread_bind(struct task_struct *thread, u32 cpu)
{
	struct cpumask mask = cpumask_of_cpu(cpu);

	WARN_ON(READ_ONCE(thread->__state) != TASK_NEW);
	WARN_ON(set_cpus_allowed_ptr(thread, &mask));
}

bool kthread_should_stop(void)
{
	// [Q] pairs with [P] in kthread_stop().
	return test_bit(KTHREAD_SHOULD_STOP, &to_kthread(current)->flags);
}

int kthread_stop(struct task_struct *thread)
{
	struct kthread *kthread = to_kthread(thread);
	int result;

	might_sleep();
	BUG_ON(thread == current);
	get_task_struct(thread);
	// [P] pairs with [Q] in kthread_should_stop(): a locked operation, so it is seen by a thread that
	// the wake-up finds awake.
	set_bit(KTHREAD_SHOULD_STOP, &kthread->flags);
	wake_up_process(thread);
	wait_for_completion(&kthread->exited);
	result = kthread->result;
	put_task_struct(thread);
	return result;
}

void *kthread_func(struct task_struct *thread)
{
	const struct kthread *kthread = thread->kthread;

	return kthread ? (void *)kthread->threadfn : NULL;
}

void *kthread_data(struct task_struct *thread)
{
	return to_kthread(thread)->data;
}

void kthread_exit(int result)
{
	struct kthread *kthread = to_kthread(current);

	kthread->result = result;
	complete(&kthread->exited);
	task_exit();
}
