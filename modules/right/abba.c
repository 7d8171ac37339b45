/* abba.c: two locks, and one order.
 * SPDX-License-Identifier: MIT
 *
 * Accounts before journal, here and everywhere: no circle can close.
 * log: balance -1 after 1 entries
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(accounts);
static DEFINE_MUTEX(journal);
static DECLARE_COMPLETION(done);
static int balance, entries;

static int pay(void *unused)
{
	mutex_lock(&accounts);
	balance--;
	mutex_lock(&journal);
	entries++;
	mutex_unlock(&journal);
	mutex_unlock(&accounts);
	complete(&done);
	return 0;
}

static int audit(void *unused)
{
	mutex_lock(&accounts);
	mutex_lock(&journal);
	pr_info("abba: balance %d after %d entries\n", balance, entries);
	mutex_unlock(&journal);
	mutex_unlock(&accounts);
	complete(&done);
	return 0;
}

static int __init abba_init(void)
{
	kthread_run(pay, NULL, "pay");
	wait_for_completion(&done);
	kthread_run(audit, NULL, "audit");
	wait_for_completion(&done);
	pr_info("abba: both have ended\n");
	return 0;
}

static void __exit abba_exit(void)
{
}

module_init(abba_init);
module_exit(abba_exit);
MODULE_LICENSE("Dual MIT/GPL");
