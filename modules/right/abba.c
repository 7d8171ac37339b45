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
	kthread_complete_and_exit(&done, 0);
}

static int audit(void *unused)
{
	mutex_lock(&accounts);
	mutex_lock(&journal);
	pr_info("abba: balance %d after %d entries\n", balance, entries);
	mutex_unlock(&journal);
	mutex_unlock(&accounts);
	kthread_complete_and_exit(&done, 0);
}

/* Have a thread do it, and wait until it has ended. */
static int run(int (*fn)(void *unused), const char *name)
{
	struct task_struct *task = kthread_run(fn, NULL, "%s", name);

	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&done);
	return 0;
}

static int __init abba_init(void)
{
	int error = run(pay, "pay") ?: run(audit, "audit");

	if (!error)
		pr_info("abba: both have ended\n");
	return error;
}

static void __exit abba_exit(void)
{
}

module_init(abba_init);
module_exit(abba_exit);
MODULE_LICENSE("Dual MIT/GPL");
