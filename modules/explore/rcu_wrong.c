/* rcu_wrong.c: an item of a list that RCU's readers go through is freed at once.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/rcu_wrong.c
 */
#include "modules/explore.h"

#include <linux/rculist.h>

static struct item {
	struct list_head entry;
	int value;
} item __aligned(8) = { .value = 7 };

static LIST_HEAD(items);
static DEFINE_SPINLOCK(lock); /* held by who changes the list */

static void add_item(void)
{
	list_add_rcu(&item.entry, &items);
	explore_object(&item, sizeof(item));
}

static void read_items(unsigned int me)
{
	struct item *at;

	rcu_read_lock();
	list_for_each_entry_rcu(at, &items, entry) explore_assert(READ_ONCE(at->value) == 7);
	rcu_read_unlock();
}

static void remove_item(unsigned int me)
{
	spin_lock(&lock);
	list_del_rcu(&item.entry);
	spin_unlock(&lock);
	explore_free(&item);
}

EXPLORE(3, .about = "a list's item is freed at once", .setup = add_item,
	.each = { read_items, remove_item, read_items });
MODULE_LICENSE("Dual MIT/GPL");
