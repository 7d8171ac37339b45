/* left_behind.c: exit undoes what init has done, in the opposite order.
 * SPDX-License-Identifier: MIT
 *
 * And init undoes it when it cannot go on: who returns an error has done nothing.
 * log: left_behind: exit
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
	if (!IS_ERR(ticker))
		return 0;
	del_timer_sync(&timer);
	kfree(buffer);
	return PTR_ERR(ticker);
}

static void __exit left_behind_exit(void)
{
	kthread_stop(ticker);
	del_timer_sync(&timer);
	kfree(buffer);
	pr_info("left_behind: exit\n");
}

module_init(left_behind_init);
module_exit(left_behind_exit);
MODULE_LICENSE("Dual MIT/GPL");
