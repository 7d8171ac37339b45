/* barber.c: who looks for a chair is alone until it sits.
 * SPDX-License-Identifier: MIT
 *
 * What was seen under the lock is true until it is given back. So it is kept, and used, and then given back.
 * log: at most 3 waited on 3 chairs
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>

#define CHAIRS    3
#define CUSTOMERS 8

static DEFINE_MUTEX(shop);
static int waiting, most; /* under shop */
static struct semaphore customers, barber_ready;
static DECLARE_COMPLETION(open);
static DECLARE_COMPLETION(done);

static void take_chair(void)
{
	most = max(most, ++waiting);
	up(&customers);
}

/* Whether there was a free chair. */
static bool sit_down(void)
{
	bool is_free;

	mutex_lock(&shop);
	is_free = waiting < CHAIRS;
	msleep(10); // It is at the other end of the room.
	if (is_free)
		take_chair();
	mutex_unlock(&shop);
	return is_free;
}

static int customer(void *unused)
{
	wait_for_completion(&open);
	if (sit_down())
		down(&barber_ready);
	kthread_complete_and_exit(&done, 0);
}

static int barber(void *unused)
{
	while (!kthread_should_stop()) {
		if (down_timeout(&customers, HZ / 20))
			continue; // Nobody there: he sleeps.
		mutex_lock(&shop);
		waiting--;
		mutex_unlock(&shop);
		msleep(100); // He cuts hair.
		up(&barber_ready);
	}
	return 0;
}

static int __init barber_init(void)
{
	struct task_struct *cuts;
	int came = 0;

	sema_init(&customers, 0);
	sema_init(&barber_ready, 0);
	cuts = kthread_run(barber, NULL, "barber");
	if (IS_ERR(cuts))
		return PTR_ERR(cuts);
	for (int i = 0; i < CUSTOMERS; i++)
		came += !IS_ERR(kthread_run(customer, NULL, "customer/%d", i));
	complete_all(&open);
	for (int i = 0; i < came; i++)
		wait_for_completion(&done);
	kthread_stop(cuts);
	pr_info("barber: at most %d waited on %d chairs\n", most, CHAIRS);
	WARN_ON(most > CHAIRS);
	return 0;
}

static void __exit barber_exit(void)
{
}

module_init(barber_init);
module_exit(barber_exit);
MODULE_LICENSE("Dual MIT/GPL");
