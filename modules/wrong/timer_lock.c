/* timer_lock.c: a lock that a timer takes, and a thread takes it plainly.
 * SPDX-License-Identifier: MIT
 *
 *      thread, on CPU 0              timer, on CPU 0, on top of the thread
 *      spin_lock(stats_lock)
 *                                    spin_lock(stats_lock): waits for the thread,
 *                                    which cannot go on before the timer has ended
 *
 * Look for: "in a softirq" and "with them on" in the report, which comes though this did not happen. The right one keeps softirqs
 * off, by spin_lock_bh(), while the thread has the lock; interrupt handlers need spin_lock_irqsave().
 * diagnosis: inconsistent
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static DEFINE_SPINLOCK(stats_lock);
static struct timer_list timer;
static unsigned long ticks, reads;

static void on_timer(struct timer_list *unused)
{
	spin_lock(&stats_lock);
	ticks++;
	spin_unlock(&stats_lock);
	mod_timer(&timer, jiffies + 1);
}

static unsigned long read_ticks(void)
{
	unsigned long now;

	spin_lock(&stats_lock);
	now = ticks;
	reads++;
	spin_unlock(&stats_lock);
	return now;
}

static int __init timer_lock_init(void)
{
	timer_setup(&timer, on_timer, 0);
	mod_timer(&timer, jiffies + 1);
	while (read_ticks() < 10)
		msleep(1);
	return 0;
}

static void __exit timer_lock_exit(void)
{
	del_timer_sync(&timer);
	pr_info("timer_lock: more than 9 ticks: %s\n", ticks > 9 ? "yes" : "no");
}

module_init(timer_lock_init);
module_exit(timer_lock_exit);
MODULE_LICENSE("Dual MIT/GPL");
