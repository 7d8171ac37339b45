/* rcu_list.c: an entry is freed when all readers who may have found it are gone.
 * SPDX-License-Identifier: MIT
 *
 * synchronize_rcu() waits for every reader that was inside when it began. Later ones do not find the entry. kfree_rcu() is for who
 * does not want to wait.
 * log: the reader read 42
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
	WRITE_ONCE(removed, true);
	synchronize_rcu();
	kfree(entry);
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
