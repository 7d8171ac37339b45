/* double_checked.c: who finds a pointer takes what it points to for ready.
 * SPDX-License-Identifier: MIT
 *
 * The lock is taken only by who finds no pointer, and that is what it is for. But the pointer is stored before what it points to
 * is complete, and who finds it does not wait for the lock.
 *
 *      first                         second
 *      lock
 *      config = new
 *                                    config? yes
 *                                    reads limit: 0
 *      config->limit = 42
 *
 * Look for: how many threads saw it unready. The right one stores the pointer last, and in that order: a compiler, and most CPUs,
 * may exchange two plain stores.
 * diagnosis: found: atomic_read(&unready) != 0
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define THREADS 4

struct config {
	int limit;
};

static struct config *config;
static DEFINE_MUTEX(config_lock);
static DECLARE_COMPLETION(done);
static atomic_t unready; /* threads that saw it before it was ready */

static struct config *make_config(void)
{
	config = kzalloc(sizeof(*config), GFP_KERNEL);
	msleep(50); // It takes a while until the limit is known.
	WRITE_ONCE(config->limit, 42);
	return config;
}

static struct config *get_config(void)
{
	struct config *seen = READ_ONCE(config);

	if (seen)
		return seen;
	mutex_lock(&config_lock);
	seen = config ?: make_config();
	mutex_unlock(&config_lock);
	return seen;
}

static int user(void *unused)
{
	const struct config *seen = get_config();

	if (READ_ONCE(seen->limit) != 42)
		atomic_inc(&unready);
	kthread_complete_and_exit(&done, 0);
}

static int __init double_checked_init(void)
{
	int users = 0;

	for (int i = 0; i < THREADS; i++) {
		users += !IS_ERR(kthread_run(user, NULL, "user/%d", i));
		msleep(5);
	}
	for (int i = 0; i < users; i++)
		wait_for_completion(&done);
	pr_info("double_checked: %d threads saw it unready\n", atomic_read(&unready));
	WARN_ON(atomic_read(&unready) != 0);
	return 0;
}

static void __exit double_checked_exit(void)
{
	kfree(config);
}

module_init(double_checked_init);
module_exit(double_checked_exit);
MODULE_LICENSE("Dual MIT/GPL");
