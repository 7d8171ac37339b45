/* self_deadlock.c: who takes the lock calls who has it.
 * SPDX-License-Identifier: MIT
 *
 * The name says it, as in Linux: sum_locked() is for who holds the lock, and lockdep_assert_held() says so to who does not.
 * log: the sum is 3
 */
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct entry {
	struct list_head node;
	int value;
};

static LIST_HEAD(entries);
static DEFINE_SPINLOCK(entries_lock);

static int sum_locked(void)
{
	struct entry *entry;
	int total = 0;

	lockdep_assert_held(&entries_lock);
	list_for_each_entry(entry, &entries, node)
		total += entry->value;
	return total;
}

static void add_and_report(struct entry *entry)
{
	spin_lock(&entries_lock);
	list_add(&entry->node, &entries);
	pr_info("self_deadlock: the sum is %d\n", sum_locked());
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
