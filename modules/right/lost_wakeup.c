/* lost_wakeup.c: a sleeper that says that it sleeps, and looks then.
 * SPDX-License-Identifier: MIT
 *
 * The wake-up comes before the state is set: then ready is seen to be true; or after it: then the state is put back, and
 * schedule() returns at once. wait_event() is this loop.
 * log: the sleeper was woken
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

static struct task_struct *sleeper;
static DECLARE_COMPLETION(looked);
static DECLARE_COMPLETION(woken);
static bool ready;

static int sleep_until_ready(void *unused)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(ready))
			break;
		complete(&looked);
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	kthread_complete_and_exit(&woken, 0);
}

static int __init lost_wakeup_init(void)
{
	sleeper = kthread_run(sleep_until_ready, NULL, "sleeper");
	if (IS_ERR(sleeper))
		return PTR_ERR(sleeper);
	get_task_struct(sleeper);
	wait_for_completion(&looked);
	WRITE_ONCE(ready, true);
	wake_up_process(sleeper);
	return 0;
}

static void __exit lost_wakeup_exit(void)
{
	bool was_woken = wait_for_completion_timeout(&woken, 2 * HZ);

	pr_info("lost_wakeup: the sleeper was %s\n", was_woken ? "woken" : "not woken");
	if (WARN_ON(!was_woken)) {
		wake_up_process(sleeper);
		wait_for_completion(&woken);
	}
	put_task_struct(sleeper);
}

module_init(lost_wakeup_init);
module_exit(lost_wakeup_exit);
MODULE_LICENSE("Dual MIT/GPL");
