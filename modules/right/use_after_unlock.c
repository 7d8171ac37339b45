/* use_after_unlock.c: what was found under a lock is counted, and stays.
 * SPDX-License-Identifier: MIT
 *
 * The count is raised while the lock says that the object is there. Who lowers it to 0 is the last, and frees it.
 * log: the session is 8 now
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
	kref_get(&session->users);
	mutex_unlock(&active_lock);
	complete(&found);
	wait_for_completion(&closed);
	session->id++;
	pr_info("use_after_unlock: the session is %d now\n", session->id);
	kref_put(&session->users, session_free);
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
