/* pid.h: threads by their numbers.
 * SPDX-License-Identifier: MIT
 *
 * Linux has a struct pid so that who remembers a thread does not keep all its memory. Here it is the thread, by another name: a
 * reference to the one is a reference to the other. Each thread is a process, a group and a session of its own.
 */
#pragma once

#include "kernel/sched/task.h"

struct pid;

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

/*
 * find_get_pid - that of the thread with number @nr, with a reference that put_pid() gives back; NULL: there is none.
 * find_vpid - without one: the thread may end, and its memory be another thread's, rcu_read_lock() or not. find_get_task_by_vpid - the thread, with a
 *   reference that put_task_struct() gives back.
 * pid_task - the thread, or NULL if it has ended. get_pid_task - with a reference. Never sleep. Any context but NMI.
 */
struct pid *find_get_pid(int nr);
struct pid *find_vpid(int nr);
struct task_struct *find_get_task_by_vpid(int nr);
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type);

static inline struct pid *task_pid(struct task_struct *task)
{
	return (struct pid *)task;
}

/* get_pid, get_task_pid - one more reference; put_pid - one less. NULL is nothing to do. Never sleep. Any context but NMI. */
static inline struct pid *get_pid(struct pid *pid)
{
	if (pid)
		get_task_struct((struct task_struct *)pid);
	return pid;
}

#define get_task_pid(task, type) get_pid(task_pid(task))

static inline void put_pid(struct pid *pid)
{
	if (pid)
		put_task_struct((struct task_struct *)pid);
}

/* pid_nr, pid_vnr - the number; of NULL 0. */
static inline int pid_nr(const struct pid *pid)
{
	return pid ? ((const struct task_struct *)pid)->pid : 0;
}

#define pid_vnr(pid) pid_nr(pid)

/* kill_pid - send_sig() to the thread, as there; -ESRCH if it has ended, or @pid is NULL. */
int kill_pid(struct pid *pid, int sig, int priv);
