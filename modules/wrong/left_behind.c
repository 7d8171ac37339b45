/* left_behind.c: exit forgets a thread, a timer, and memory.
 * SPDX-License-Identifier: MIT
 *
 * Linux frees the module's code when exit returns. The thread goes on in it, the timer calls into it: the machine dies a moment
 * later, or an hour. The memory is gone until the next boot.
 * Look for: the three lines of the report, and that each names the place to mend.
 * diagnosis: kthread_stop() is missing
 * diagnosis: timer_delete_sync() is missing
 * diagnosis: memory, 100 bytes in 1 piece of kmalloc-128, allocated at left_behind_init
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>

static struct task_struct *ticker;
static struct timer_list timer;
static char *buffer;

static void on_timer(struct timer_list *unused)
{
}

static int tick(void *unused)
{
	while (!kthread_should_stop())
		msleep(50);
	return 0;
}

static int __init left_behind_init(void)
{
	buffer = kmalloc(100, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	timer_setup(&timer, on_timer, 0);
	mod_timer(&timer, jiffies + 60 * HZ);
	ticker = kthread_run(tick, NULL, "ticker");
	return IS_ERR(ticker) ? PTR_ERR(ticker) : 0;
}

static void __exit left_behind_exit(void)
{
	pr_info("left_behind: exit\n");
}

module_init(left_behind_init);
module_exit(left_behind_exit);
MODULE_LICENSE("Dual MIT/GPL");
