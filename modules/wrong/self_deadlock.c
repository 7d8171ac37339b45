/* self_deadlock.c: a function with a lock held calls one that takes it.
 * SPDX-License-Identifier: MIT
 *
 * A spinlock does not know its owner, so its owner waits for itself, for ever. Of all deadlocks it is the most frequent, and
 * each of the two functions, looked at alone, is right.
 * Look for: where the lock was taken, and where it is taken again. The right one splits the function: what takes the lock calls
 * what has it.
 * diagnosis: entries_lock
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct entry {
	struct list_head node;
	int value;
};

static LIST_HEAD(entries);
static DEFINE_SPINLOCK(entries_lock);

static int sum(void)
{
	struct entry *entry;
	int total = 0;

	spin_lock(&entries_lock);
	list_for_each_entry(entry, &entries, node)
		total += entry->value;
	spin_unlock(&entries_lock);
	return total;
}

static void add_and_report(struct entry *entry)
{
	spin_lock(&entries_lock);
	list_add(&entry->node, &entries);
	pr_info("self_deadlock: the sum is %d\n", sum());
	spin_unlock(&entries_lock);
}

static int __init self_deadlock_init(void)
{
	for (int i = 0; i < 3; i++) {
		struct entry *entry = kmalloc(sizeof(*entry), GFP_KERNEL);

		if (!entry)
			return -ENOMEM;
		entry->value = i;
		add_and_report(entry);
	}
	return 0;
}

static void __exit self_deadlock_exit(void)
{
	struct entry *entry, *next;

	list_for_each_entry_safe(entry, next, &entries, node)
		kfree(entry);
}

module_init(self_deadlock_init);
module_exit(self_deadlock_exit);
MODULE_LICENSE("Dual MIT/GPL");
