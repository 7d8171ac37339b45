/* scenario_lockless.c: what is counted, and queued, without a lock: references, lists, and works of interrupts.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/irq_work.h"
#include "kernel/core/kref.h"
#include "kernel/explore/explore.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/task.h"
#include "lib/llist.h"

/* ---- An object in a table: thread 0 has a reference, thread 1 looks it up ---- */

static struct {
	struct kref kref;
	int value;
} object __aligned(8);
static spinlock_t table_lock;
static bool listed; /* in the table, which counts as no reference */

static void object_setup(void)
{
	explore_object(&object, sizeof(object));
	kref_init(&object.kref);
	object.value = 1;
	spin_lock_init(&table_lock);
	listed = true;
}

static void use(void)
{
	explore_assert(READ_ONCE(object.value) == 1);
}

/* It is in the table still when the last reference is gone: who finds it there takes one only if there is any. */
static void unlist_and_free(struct kref *unused)
{
	spin_lock(&table_lock);
	listed = false;
	spin_unlock(&table_lock);
	explore_free(&object);
}

static void put(u32 thread)
{
	use();
	kref_put(&object.kref, unlist_and_free);
}

static void look_up(u32 thread)
{
	bool found;

	spin_lock(&table_lock);
	found = listed && kref_get_unless_zero(&object.kref);
	spin_unlock(&table_lock);
	if (found)
		put(thread);
}

/* Or the last reference goes under the table's lock. */
static void unlist_locked_and_free(struct kref *unused)
{
	listed = false;
	spin_unlock(&table_lock);
	explore_free(&object);
}

static void put_locked(u32 thread)
{
	use();
	kref_put_lock(&object.kref, unlist_locked_and_free, &table_lock);
}

static void look_up_locked(u32 thread)
{
	bool found;

	spin_lock(&table_lock);
	found = listed;
	if (found)
		kref_get(&object.kref);
	spin_unlock(&table_lock);
	if (found)
		put_locked(thread);
}

static bool is_gone(void)
{
	return !listed && !spin_is_locked(&table_lock);
}

SCENARIO(kref, 2, .about = "kref_put(), and kref_get_unless_zero() of what is found",
	 .setup = object_setup, .each = { put, look_up }, .check = is_gone,
	 .watch = { WATCH(object), WATCH(listed) });
SCENARIO(kref_lock, 2, .about = "kref_put_lock(), and kref_get() of what is found",
	 .setup = object_setup, .each = { put_locked, look_up_locked }, .check = is_gone,
	 .watch = { WATCH(object), WATCH(listed) });

/* ---- The llist: each node is taken once ---- */

static struct llist_head list;
static struct llist_node nodes[2];
static u32 taken[2];

static void list_setup(void)
{
	init_llist_head(&list);
	taken[0] = taken[1] = 0;
}

static void take_all(void)
{
	struct llist_node *node;

	llist_for_each(node, llist_del_all(&list))
		WRITE_ONCE(taken[node - nodes], taken[node - nodes] + 1);
}

static void add_and_take_all(u32 thread)
{
	llist_add(&nodes[thread], &list);
	take_all();
}

static bool each_is_taken_once(void)
{
	return taken[0] == 1 && taken[1] == 1 && llist_empty(&list);
}

SCENARIO(llist, 2, .about = "llist_add() and llist_del_all() by two", .setup = list_setup,
	 .run = add_and_take_all, .check = each_is_taken_once,
	 .watch = { WATCH(list), WATCH(taken) });

/* ---- The irq_work: thread 0's CPU runs what thread 1 queues there, twice, and frees ---- */

static struct irq_work work;
static int asked, seen;
static bool begun, finished;

static void look(struct irq_work *unused)
{
	explore_enter();
	WRITE_ONCE(seen, READ_ONCE(asked));
	explore_leave();
}

static void work_setup(void)
{
	init_irq_work(&work, look);
	explore_object(&work, sizeof(work));
	asked = seen = 0;
	begun = finished = false;
}

static void ask(int what)
{
	WRITE_ONCE(asked, what);
	irq_work_queue_on(&work, explore_task(0)->cpu);
}

static void ask_and_free(u32 thread)
{
	ask(1);
	WRITE_ONCE(begun, true);
	ask(2);
	irq_work_sync(&work);
	explore_assert(READ_ONCE(seen) == 2);
	explore_free(&work);
	WRITE_ONCE(finished, true);
}

/* As the interrupt's handler, again and again. */
static void run_works(u32 thread)
{
	while (!READ_ONCE(begun))
		cpu_relax();
	while (!READ_ONCE(finished)) {
		local_irq_disable();
		irq_work_run();
		local_irq_enable();
	}
}

SCENARIO(irq_work, 2, .about = "irq_work_queue() twice, and irq_work_sync()", .setup = work_setup,
	 .each = { run_works, ask_and_free },
	 .watch = { WATCH(work.state), WATCH(asked), WATCH(seen) });
