/* rcu_unload.c: an RCU callback that comes when its module is gone.
 * SPDX-License-Identifier: MIT
 *
 * call_rcu() promises to call entry_free() some time after all readers have gone, and returns at once. exit returns, the module's
 * code is freed, and then RCU calls it: on Linux the machine dies some milliseconds after rmmod, in no function that has a name.
 * Look for: who is called, in the report. The right one waits for its callbacks.
 * diagnosis: RCU callback entry_free is called, and its module is gone
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
}

module_init(rcu_unload_init);
module_exit(rcu_unload_exit);
MODULE_LICENSE("Dual MIT/GPL");
