/* lost_update.c: one at a time reads the balance, and stores it plus one.
 * SPDX-License-Identifier: MIT
 *
 * The lock is taken before the first look, and given back after the last store: who sees a balance is who stores the next one.
 * log: the balance is 40 of 40
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#define TELLERS  4
#define DEPOSITS 10

static DEFINE_MUTEX(lock);
static DECLARE_COMPLETION(open);
static DECLARE_COMPLETION(done);
static int balance;

static void deposit(void)
{
	int seen;

	mutex_lock(&lock);
	seen = READ_ONCE(balance);
	msleep(1); // Whose account was it?
	WRITE_ONCE(balance, seen + 1);
	mutex_unlock(&lock);
}

static int teller(void *unused)
{
	wait_for_completion(&open);
	for (int i = 0; i < DEPOSITS; i++)
		deposit();
	kthread_complete_and_exit(&done, 0);
}

static int __init lost_update_init(void)
{
	int tellers = 0;

	for (int i = 0; i < TELLERS; i++)
		tellers += !IS_ERR(kthread_run(teller, NULL, "teller/%d", i));
	complete_all(&open);
	for (int i = 0; i < tellers; i++)
		wait_for_completion(&done);
	pr_info("lost_update: the balance is %d of %d\n", balance, tellers * DEPOSITS);
	WARN_ON(balance != tellers * DEPOSITS);
	return 0;
}

static void __exit lost_update_exit(void)
{
}

module_init(lost_update_init);
module_exit(lost_update_exit);
MODULE_LICENSE("Dual MIT/GPL");
