/* sleep_in_atomic.c: memory is asked for first.
 * SPDX-License-Identifier: MIT
 *
 * What may sleep, and what takes long, is done outside: the lock is held for two stores. (GFP_ATOMIC, which never sleeps, would
 * do as well, and fails more easily.)
 * log: somebody
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define NAMES 3

static char *names[NAMES];
static DEFINE_SPINLOCK(names_lock);

static void set_name(int i, const char *name)
{
	char *copy = kstrdup(name, GFP_KERNEL), *old;

	spin_lock(&names_lock);
	old = names[i];
	names[i] = copy;
	spin_unlock(&names_lock);
	kfree(old);
}

static int __init sleep_in_atomic_init(void)
{
	for (int i = 0; i < NAMES; i++)
		set_name(i, "somebody");
	return 0;
}

static void __exit sleep_in_atomic_exit(void)
{
	for (int i = 0; i < NAMES; i++) {
		pr_info("sleep_in_atomic: %s\n", names[i]);
		kfree(names[i]);
	}
}

module_init(sleep_in_atomic_init);
module_exit(sleep_in_atomic_exit);
MODULE_LICENSE("Dual MIT/GPL");
