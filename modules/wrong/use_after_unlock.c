/* use_after_unlock.c: what was found under a lock is used after it.
 * SPDX-License-Identifier: MIT
 *
 *      use                           close
 *      lock, finds the session
 *      unlock
 *                                    lock, takes it away, unlock
 *                                    frees it
 *      writes to it
 *
 * The lock protects the pointer, and only as long as it is held. Nothing says that the object lives longer.
 * Look for: who freed the object, in the report, and who had it before. The right one counts itself as a user, under the lock.
 * diagnosis: written to while it was free
 */
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct session {
	struct kref users;
	int id;
};

static struct session *active; /* under active_lock */
static DEFINE_MUTEX(active_lock);
static DECLARE_COMPLETION(found);
static DECLARE_COMPLETION(closed);
static DECLARE_COMPLETION(done);

static void session_free(struct kref *users)
{
	kfree(container_of(users, struct session, users));
}

static int use_session(void *unused)
{
	struct session *session;

	mutex_lock(&active_lock);
	session = active;
	mutex_unlock(&active_lock);
	complete(&found);
	wait_for_completion(&closed);
	session->id++;
	kfree(kzalloc(sizeof(*session), GFP_KERNEL)); // Whoever gets that memory next is hit.
	kthread_complete_and_exit(&done, 0);
}

static void close_active(void)
{
	struct session *session;

	mutex_lock(&active_lock);
	session = active;
	active = NULL;
	mutex_unlock(&active_lock);
	kref_put(&session->users, session_free);
}

static int close_session(void *unused)
{
	wait_for_completion(&found);
	close_active();
	kthread_complete_and_exit(&closed, 0);
}

static int __init use_after_unlock_init(void)
{
	struct task_struct *closes, *uses;

	active = kzalloc(sizeof(*active), GFP_KERNEL);
	if (!active)
		return -ENOMEM;
	kref_init(&active->users);
	active->id = 7;
	closes = kthread_run(close_session, NULL, "close");
	if (IS_ERR(closes)) {
		close_active();
		return PTR_ERR(closes);
	}
	uses = kthread_run(use_session, NULL, "use");
	if (IS_ERR(uses))
		complete(&found);
	wait_for_completion(IS_ERR(uses) ? &closed : &done);
	return PTR_ERR_OR_ZERO(uses);
}

static void __exit use_after_unlock_exit(void)
{
}

module_init(use_after_unlock_init);
module_exit(use_after_unlock_exit);
MODULE_LICENSE("Dual MIT/GPL");
