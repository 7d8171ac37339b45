/* pid_test.c: a thread is found by its number as long as it lives, and its memory stays as long as there is a reference.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/pid.h"

#include "kernel/kthread.h"
#include "kernel/test/test.h"
#include "lib/err.h"
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
	kthread_stop(task);
	EXPECT(test_wait_for(is_gone, pid));
	EXPECT(!find_get_pid(nr) && !get_pid_task(pid, PIDTYPE_PID));
	EXPECT(!strcmp(((struct task_struct *)pid)->comm, "sleeper")); // It is there still.
	put_pid(pid);
	EXPECT(!find_vpid(nr) && !find_get_pid(0) && !find_get_pid(-1) && !pid_nr(NULL));
	pid = get_task_pid(current, PIDTYPE_PID);
	EXPECT(pid_task(pid, PIDTYPE_PID) == current);
	put_pid(pid);
}
