/* lost_update.c: two who read the same balance, and both store it plus one.
 * SPDX-License-Identifier: MIT
 *
 *      teller 0                      teller 1
 *      sees 7
 *                                    sees 7
 *      stores 8
 *                                    stores 8: one deposit is lost
 *
 * Reading, adding and storing are three steps, and others come in between. A step more (here: the customer's name is looked up) makes
 * that certain; without it, it happens once in a thousand times, which is worse.
 * Look for: the balance. The right one takes a lock over all of it; for a plain count, atomic_inc() would do.
 * diagnosis: found: balance != tellers * DEPOSITS
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#define TELLERS  4
#define DEPOSITS 10

static DECLARE_COMPLETION(open);
static DECLARE_COMPLETION(done);
static int balance;

static void deposit(void)
{
	int seen;

	seen = READ_ONCE(balance);
	msleep(1); // Whose account was it?
	WRITE_ONCE(balance, seen + 1);
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
