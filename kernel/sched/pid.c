/* pid.c: threads by their numbers.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/pid.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

/* Who has ended is in the list as long as there are references; without any it is about to leave. */
struct task_struct *find_get_task_by_vpid(int nr)
{
	struct task_struct *task, *found = NULL;
	unsigned long flags;

	if (nr <= 0 || !task_list_lock(&flags))
		return NULL;
	for_each_task(task)
	{
		if (task->pid == nr && READ_ONCE(task->__state) != TASK_DEAD &&
		    atomic_inc_not_zero(&task->refs))
			found = task;
	}
	task_list_unlock(flags);
	return found;
}

struct pid *find_get_pid(int nr)
{
	return (struct pid *)find_get_task_by_vpid(nr);
}

struct pid *find_vpid(int nr)
{
	struct task_struct *task = find_get_task_by_vpid(nr);

	if (task)
		put_task_struct(task);
	return (struct pid *)task;
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task = (struct task_struct *)pid;

	return task && READ_ONCE(task->__state) != TASK_DEAD ? task : NULL;
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task = pid_task(pid, type);

	return task && atomic_inc_not_zero(&task->refs) ? task : NULL;
}

int kill_pid(struct pid *pid, int sig, int priv)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	int error;

	if (!task)
		return -ESRCH;
	error = send_sig(sig, task, priv);
	put_task_struct(task);
	return error;
}
