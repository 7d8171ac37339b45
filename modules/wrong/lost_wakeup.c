/* lost_wakeup.c: a sleeper that looks first, and says then that it sleeps.
 * SPDX-License-Identifier: MIT
 *
 *      sleeper                       waker
 *      ready? no
 *                                    ready = true
 *                                    wakes it: it does not sleep
 *      state = sleeping
 *      sleeps, for ever
 *
 * A wake-up is not kept for who will sleep later. Between looking and sleeping there is always room for one.
 * Look for: the sleeper's state at the end of the run. The right one says that it sleeps before it looks.
 * diagnosis: found: !was_woken
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
	if (!READ_ONCE(ready)) {
		complete(&looked);
		msleep(20); // An interrupt, or another thread, may be what takes so long.
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
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
