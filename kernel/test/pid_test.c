/* pid_test.c: a thread is found by its number as long as it lives, and its memory stays as long as there is a reference.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/pid.h"

#include "kernel/kthread.h"
#include "kernel/sched/signal.h"
#include "kernel/test/test.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/string.h"

static int sleeper(void *unused)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static bool is_gone(void *pid)
{
	return !pid_task(pid, PIDTYPE_PID);
}

TEST(pid)
{
	struct task_struct *task = kthread_run(sleeper, NULL, "sleeper"), *found;
	struct pid *pid;
	int nr;

	REQUIRE(!IS_ERR(task));
	nr = task_pid_nr(task);
	pid = find_get_pid(nr);
	EXPECT(pid && pid_nr(pid) == nr && pid == task_pid(task) && pid == find_vpid(nr));
	EXPECT(pid_task(pid, PIDTYPE_PID) == task);
	found = get_pid_task(pid, PIDTYPE_PID);
	EXPECT(found == task);
	put_task_struct(found);
	EXPECT_EQ(kill_pid(pid, _NSIG + 1, 0), -EINVAL);
	EXPECT_EQ(kill_pid(pid, SIGKILL, 0), 0);
	EXPECT(!signal_pending(task)); // It does not listen to it.
	kthread_stop(task);
	EXPECT(test_wait_for(is_gone, pid));
	EXPECT(!find_get_pid(nr) && !get_pid_task(pid, PIDTYPE_PID));
	EXPECT_EQ(kill_pid(pid, SIGKILL, 0), -ESRCH);
	EXPECT_EQ(kill_pid(NULL, SIGKILL, 0), -ESRCH);
	EXPECT(!strcmp(((struct task_struct *)pid)->comm, "sleeper")); // It is there still.
	put_pid(pid);
	EXPECT(!find_vpid(nr) && !find_get_pid(0) && !find_get_pid(-1) && !pid_nr(NULL));
	pid = get_task_pid(current, PIDTYPE_PID);
	EXPECT(pid_task(pid, PIDTYPE_PID) == current);
	put_pid(pid);
}

static int listener(void *unused)
{
	allow_signal(SIGTERM);
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	flush_signals(current);
	return 15;
}

TEST(kill_pid)
{
	struct task_struct *task = kthread_create(listener, NULL, "listener");

	REQUIRE(!IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	// Until it listens, a signal is none.
	while (!READ_ONCE(task->signals_allowed))
		schedule_timeout_uninterruptible(1);
	EXPECT_EQ(kill_pid(task_pid(task), SIGTERM, 1), 0);
	EXPECT(test_wait_for(is_gone, task_pid(task)));
	EXPECT_EQ(kthread_stop(task), 15);
	put_task_struct(task);
}

static void count_to(unsigned int *seen, struct task_struct *task)
{
	EXPECT(task->parent == &init_task && task->real_parent == &init_task);
	EXPECT(task->group_leader == task && (task->flags & PF_KTHREAD));
	++*seen;
}

/* From the first thread on, one after the other, back to it; each is a child of it. */
TEST(next_task)
{
	struct task_struct *task = &init_task;
	unsigned int seen = 0;
	bool found = false;

	EXPECT_EQ(init_task.pid, 0);
	EXPECT(init_task.parent == &init_task);
	while ((task = next_task(task)) != &init_task) {
		count_to(&seen, task);
		found |= task == current;
	}
	EXPECT(found && seen >= 1);
}
