/* rcu_unload.c: exit waits for the RCU callbacks.
 * SPDX-License-Identifier: MIT
 *
 * rcu_barrier() returns when all callbacks that were queued before it have been called. (kfree_rcu(), whose callback is the
 * kernel's own, needs none.)
 * log: the last value is 2
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct entry {
	struct rcu_head rcu;
	int value;
};

static struct entry __rcu *current_entry;

static void entry_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct entry, rcu));
}

static int replace(int value)
{
	struct entry *fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
	struct entry *old;

	if (!fresh)
		return -ENOMEM;
	fresh->value = value;
	old = rcu_dereference_protected(current_entry, true);
	rcu_assign_pointer(current_entry, fresh);
	if (old)
		call_rcu(&old->rcu, entry_free);
	return 0;
}

static int __init rcu_unload_init(void)
{
	int error = replace(1);

	return error ?: replace(2);
}

static void __exit rcu_unload_exit(void)
{
	struct entry *last = rcu_dereference_protected(current_entry, true);

	pr_info("rcu_unload: the last value is %d\n", last->value);
	RCU_INIT_POINTER(current_entry, NULL);
	call_rcu(&last->rcu, entry_free);
	rcu_barrier();
}

module_init(rcu_unload_init);
module_exit(rcu_unload_exit);
MODULE_LICENSE("Dual MIT/GPL");
