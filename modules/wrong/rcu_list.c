/* rcu_list.c: an entry is freed as soon as it is out of the list.
 * SPDX-License-Identifier: MIT
 *
 *      reader                        updater
 *      rcu_read_lock(), finds entry
 *                                    list_del_rcu(entry)
 *                                    kfree(entry)
 *      reads entry->value
 *
 * Out of the list means that nobody will find it. Who has found it has it still: RCU's readers take no lock that the updater
 * could wait for.
 * Look for: what the reader read. The right one frees it after a grace period: when all who may have found it are gone.
 * diagnosis: found: read != VALUE
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define VALUE 42

struct entry {
	struct list_head node;
	int value;
};

static LIST_HEAD(entries);
static bool removed;
static int read;
static DECLARE_COMPLETION(found);
static DECLARE_COMPLETION(done);

static int reader(void *unused)
{
	unsigned long end = jiffies + HZ / 2;
	struct entry *entry;

	rcu_read_lock();
	entry = list_first_or_null_rcu(&entries, struct entry, node);
	complete(&found);
	while (!READ_ONCE(removed) && time_before(jiffies, end))
		cpu_relax(); // It is a long list.
	read = READ_ONCE(entry->value);
	rcu_read_unlock();
	kthread_complete_and_exit(&done, 0);
}

static void remove(struct entry *entry)
{
	list_del_rcu(&entry->node);
	kfree(entry);
	WRITE_ONCE(removed, true);
}

static int __init rcu_list_init(void)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	struct task_struct *reads;

	if (!entry)
		return -ENOMEM;
	entry->value = VALUE;
	list_add_rcu(&entry->node, &entries);
	reads = kthread_run(reader, NULL, "reader");
	if (!IS_ERR(reads))
		wait_for_completion(&found);
	remove(entry);
	if (IS_ERR(reads))
		return PTR_ERR(reads);
	wait_for_completion(&done);
	pr_info("rcu_list: the reader read %d\n", read);
	WARN_ON(read != VALUE);
	return 0;
}

static void __exit rcu_list_exit(void)
{
}

module_init(rcu_list_init);
module_exit(rcu_list_exit);
MODULE_LICENSE("Dual MIT/GPL");
