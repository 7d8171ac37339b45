/* sleep_in_atomic.c: memory is asked for with a spinlock held.
 * SPDX-License-Identifier: MIT
 *
 * GFP_KERNEL may sleep until there is memory. Who sleeps with a spinlock held gives the CPU to threads that spin for it, and
 * they never give it back. It works as long as there is memory: that is, until it matters.
 * Look for: the preempt count in the report, which the lock has raised. The right one asks first, and locks then.
 * diagnosis: memory is allocated with GFP_KERNEL, which may sleep
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
	spin_lock(&names_lock);
	kfree(names[i]);
	names[i] = kstrdup(name, GFP_KERNEL);
	spin_unlock(&names_lock);
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
