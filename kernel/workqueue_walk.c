/* workqueue_walk.c: every queue there is, and what is queued or runs in it, for reports of what was left behind.
 * SPDX-License-Identifier: MIT
 *
 * A base's lock holds still the works that wait in its pools, and its busy workers: what one of these runs is only
 * named, for it may be gone.
 */
#include "kernel/base/misuse.h"
#include "kernel/workqueue_pool.h"

static DEFINE_SPINLOCK(all_queues_lock);
static LIST_HEAD(all_queues); /* under all_queues_lock */

struct walk {
	void (*fn)(const struct work_use *use, void *arg);
	void *arg;
};

static void walk_pool(const struct walk *walk, const struct work_pool *pool)
{
	struct work_use use = { .queue = pool->wq->name, .made_at = pool->wq->made_at };
	const struct work_struct *work;
	const struct worker *worker;
	unsigned long flags;

	spin_lock_irqsave(&pool->base->lock, flags);
	list_for_each_entry(work, &pool->pending, entry) {
		use.func = work->func;
		walk->fn(&use, walk->arg);
	}
	use.runs = true;
	list_for_each_entry(worker, &pool->base->busy, entry) {
		use.func = worker->func;
		if (worker->pool == pool)
			walk->fn(&use, walk->arg);
	}
	spin_unlock_irqrestore(&pool->base->lock, flags);
}

void workqueue_list(struct workqueue_struct *wq, unsigned long made_at)
{
	wq->made_at = made_at;
	spin_lock(&all_queues_lock);
	list_add_tail(&wq->entry, &all_queues);
	spin_unlock(&all_queues_lock);
}

void workqueue_unlist(struct workqueue_struct *wq)
{
	spin_lock(&all_queues_lock);
	list_del(&wq->entry);
	spin_unlock(&all_queues_lock);
}

void workqueue_walk(void (*fn)(const struct work_use *use, void *arg), void *arg)
{
	const struct walk walk = { fn, arg };
	const struct workqueue_struct *wq;

	spin_lock(&all_queues_lock);
	list_for_each_entry(wq, &all_queues, entry) {
		struct work_use use = { .queue = wq->name, .made_at = wq->made_at };

		fn(&use, arg);
		for (u32 i = 0; i < wq->nr_pools; i++)
			walk_pool(&walk, &wq->pools[i]);
	}
	spin_unlock(&all_queues_lock);
}

struct search {
	const struct workqueue_struct *wq;
	struct delayed_work *found;
};

static void look_at_timer(const struct timer_list *timer, void *arg)
{
	struct delayed_work *dwork = container_of(timer, struct delayed_work, timer);
	struct search *search = arg;

	if (timer->function == delayed_work_timer_fn && dwork->wq == search->wq)
		search->found = dwork;
}

void workqueue_take_back_delayed(struct workqueue_struct *wq)
{
	struct search search = { .wq = wq };

	while (timer_list_walk(look_at_timer, &search), search.found) {
		misuse(NULL,
		       "workqueue \"%s\" is destroyed while a delayed work is pending for it, which would call "
		       "%ps: cancel_delayed_work_sync() comes first",
		       wq->name, (void *)search.found->work.func);
		cancel_delayed_work_sync(search.found);
		search.found = NULL;
	}
}
