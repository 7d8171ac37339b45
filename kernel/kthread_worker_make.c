/* kthread_worker_make.c: making workers with their threads, and ending both.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/kthread_worker.h"
#include "kernel/locking/lockdep.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/format.h"

struct kthread_worker *kthread_create_worker_on_cpu(int cpu, unsigned int flags,
						    const char *namefmt, ...)
{
	struct kthread_worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	struct task_struct *task;
	char name[TASK_COMM_LEN];
	va_list args;

	if (!worker)
		return ERR_PTR(-ENOMEM);
	kthread_init_worker(worker);
	worker->flags = flags;
	va_start(args, namefmt);
	vsnprintf(name, sizeof(name), namefmt, args);
	va_end(args);
	task = kthread_create(kthread_worker_fn, worker, "%s", name);
	if (IS_ERR(task)) {
		kfree(worker);
		return ERR_CAST(task);
	}
	if (cpu >= 0)
		kthread_bind(task, (u32)cpu);
	worker->task = task;
	wake_up_process(task);
	return worker;
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	struct task_struct *task = READ_ONCE(worker->task);

	BUG_ON(!task);
	kthread_flush_worker(worker);
	kthread_stop(task);
	if (unlikely(!list_empty(&worker->delayed_work_list) || !list_empty(&worker->work_list)))
		warn_report("worker %p is destroyed while works are queued there", worker);
	lockdep_unregister_key((struct lock_class_key *)worker); // see worker_map()
	kfree(worker);
}
