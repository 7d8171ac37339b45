/* double_checked.c: a pointer is stored when what it points to is ready.
 * SPDX-License-Identifier: MIT
 *
 * smp_store_release() keeps what was stored before it before it; smp_load_acquire() is its partner on the other side.
 * log: 0 threads saw it unready
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
	struct config *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);

	msleep(50); // It takes a while until the limit is known.
	WRITE_ONCE(fresh->limit, 42);
	smp_store_release(&config, fresh);
	return fresh;
}

static struct config *get_config(void)
{
	struct config *seen = smp_load_acquire(&config);

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
