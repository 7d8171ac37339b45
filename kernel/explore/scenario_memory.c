/* scenario_memory.c: what is freed, who may still be looking at it, and lists.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/quiescent.h"
#include "kernel/explore/explore.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/rcu_grace.h"
#include "kernel/locking/rcu_head.h"
#include "kernel/locking/rcu_rounds.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/sched/task.h"
#include "lib/list.h"

/* ---- An object that is counted: who drops the last reference frees it ---- */

static struct {
	atomic_t refs;
	int value;
} object __aligned(8);

static void object_setup(void)
{
	explore_object(&object, sizeof(object));
	atomic_set(&object.refs, 2);
	object.value = 1;
}

static void drop(u32 thread)
{
	explore_assert(READ_ONCE(object.value) == 1);
	if (atomic_dec_and_test(&object.refs))
		explore_free(&object);
}

/* Both may find that they were the last, or look when the other one has freed it. */
static void drop_and_look(u32 thread)
{
	atomic_dec(&object.refs);
	if (!atomic_read(&object.refs))
		explore_free(&object);
}

SCENARIO(refs, 2, .about = "the last reference frees", .setup = object_setup, .run = drop,
	 .watch = { WATCH(object) });
SCENARIO(refs_looked_at, 2, .about = "drops one, then looks how many are left", .broken = true,
	 .setup = object_setup, .run = drop_and_look, .watch = { WATCH(object) });

/* ---- RCU: thread 0 replaces what thread 1 reads ---- */

static u64 old, new;
static u64 *published;
static struct rounds rounds;

static void rcu_setup(void)
{
	explore_object(&old, sizeof(old));
	old = new = 1;
	published = &old;
	rounds = (struct rounds){ 0 };
	for (u32 t = 0; t < EXPLORE_THREADS; t++) // Those without a thread are idle.
		atomic64_set(&cpu_by_id(explore_task(t)->cpu)->quiescent, t < 2);
}

/* What the thread of RCU does for synchronize_rcu(), but for its naps. */
static void wait_for_readers(void)
{
	struct rcu_looks looks = { .holdouts = { { 0 } } };

	rounds_begin(&rounds);
	rcu_look_first(&looks);
	preempt_disable();
	quiescent_pass();
	preempt_enable();
	while (!rcu_look_again(&looks))
		cpu_relax();
	rounds_end(&rounds);
}

static void replace(u32 thread)
{
	rcu_assign_pointer(published, &new);
	wait_for_readers();
	explore_free(&old);
}

static void replace_at_once(u32 thread)
{
	rcu_assign_pointer(published, &new);
	explore_free(&old);
}

static void use(const u64 *object_read)
{
	explore_assert(READ_ONCE(*object_read) == 1);
}

/* What schedule() does for readers. */
static void pass(void)
{
	preempt_disable();
	quiescent_pass();
	preempt_enable();
}

/* Or a grace period would wait for a CPU that does nothing any more. */
static void become_idle(void)
{
	preempt_disable();
	quiescent_begin();
	preempt_enable();
}

static void read_twice(u32 thread)
{
	for (u32 i = 0; i < 2; i++) {
		rcu_read_lock();
		use(rcu_dereference(published));
		rcu_read_unlock();
		pass();
	}
	become_idle();
}

static void read_too_long(u32 thread)
{
	const u64 *seen;

	rcu_read_lock();
	seen = rcu_dereference(published);
	rcu_read_unlock();
	pass();
	use(seen);
	become_idle();
}

/* A CPU that is idle, and takes an interrupt whose handler reads. It is the first one that the grace period looks at: the
 * next look comes after a locked instruction. */
static void idle_setup(void)
{
	rcu_setup();
	atomic64_set(&cpu_by_id(explore_task(0)->cpu)->quiescent, 0);
}

static void read_when_idle(u32 thread)
{
	bool idle = quiescent_interrupt();

	rcu_read_lock();
	use(rcu_dereference(published));
	rcu_read_unlock();
	quiescent_resume(idle);
}

SCENARIO(rcu, 2, .about = "readers, and who frees after a grace period", .setup = rcu_setup,
	 .each = { replace, read_twice }, .watch = { WATCH(published), WATCH(rounds.seq) });
SCENARIO(rcu_idle, 2, .about = "a reader that comes to a CPU which was idle", .setup = idle_setup,
	 .each = { read_when_idle, replace }, .watch = { WATCH(published), WATCH(rounds.seq) });
SCENARIO(rcu_no_grace, 2, .about = "frees without waiting for readers", .broken = true,
	 .setup = rcu_setup, .each = { replace_at_once, read_twice },
	 .watch = { WATCH(published) });
SCENARIO(rcu_leaks, 2, .about = "uses after its end what a reader found", .broken = true,
	 .setup = rcu_setup, .each = { replace, read_too_long },
	 .watch = { WATCH(published), WATCH(rounds.seq) });

/* ---- call_rcu() on a CPU, and in its handler, while another one takes what is queued: each is taken once ---- */

static struct rcu_head heads[2];
static u32 taken[2];
static bool handler_came;

static void heads_setup(void)
{
	taken[0] = taken[1] = 0;
	handler_came = false;
}

static void never_called(struct rcu_head *unused)
{
}

static void queue_head(u32 thread)
{
	call_rcu(&heads[0], never_called);
}

static void queue_head_in_handler(u32 thread)
{
	handler_came = true;
	call_rcu(&heads[1], never_called);
}

static void take_heads(u32 thread)
{
	for (struct rcu_head *head = rcu_take_callbacks(); head; head = head->next)
		WRITE_ONCE(taken[head - heads], taken[head - heads] + 1);
}

/* With what is left. */
static bool each_is_taken_once(void)
{
	take_heads(0);
	return taken[0] == 1 && taken[1] == handler_came;
}

SCENARIO(call_rcu, 2, .about = "call_rcu() in a thread and a handler, and who takes callbacks",
	 .setup = heads_setup, .each = { queue_head, take_heads },
	 .interrupt = queue_head_in_handler, .interrupted = 1, .check = each_is_taken_once,
	 .watch = { WATCH(heads), WATCH(taken) });

/* ---- Two who ask for a round: each is done with when one has ended that began after it asked ---- */

static bool stored[2];   /* before the asker asked */
static bool found[2];    /* by a round, when it began */
static atomic_t waiting; /* askers */

static void rounds_setup(void)
{
	rounds = (struct rounds){ 0 };
	for (u32 t = 0; t < 2; t++)
		stored[t] = found[t] = false;
	atomic_set(&waiting, 2);
}

static void ask_for_round(u32 thread)
{
	unsigned long cookie;

	WRITE_ONCE(stored[thread], true);
	cookie = rounds_snap(&rounds);
	rounds_want(&rounds, cookie);
	while (!rounds_done(&rounds, cookie))
		cpu_relax();
	explore_assert(READ_ONCE(found[thread]));
	atomic_dec(&waiting);
}

static void ask_twice(u32 thread)
{
	atomic_inc(&waiting);
	ask_for_round(thread);
	ask_for_round(thread);
}

static void do_rounds(u32 thread)
{
	while (atomic_read(&waiting)) {
		if (!rounds_wanted(&rounds)) {
			cpu_relax();
			continue;
		}
		rounds_begin(&rounds);
		for (u32 t = 0; t < 2; t++) {
			if (READ_ONCE(stored[t]))
				WRITE_ONCE(found[t], true);
		}
		rounds_end(&rounds);
	}
}

SCENARIO(rcu_rounds, 3, .about = "two who ask for a grace period, and who does them",
	 .setup = rounds_setup, .each = { ask_for_round, ask_twice, do_rounds },
	 .watch = { WATCH(rounds), WATCH(stored), WATCH(found) });

/* ---- A list: whoever does not hold its lock finds it whole whenever nobody else does ---- */

static LIST_HEAD(list);
static struct list_head entries[2];
static raw_spinlock_t list_lock;

static void list_setup(void)
{
	INIT_LIST_HEAD(&list);
	INIT_LIST_HEAD(&entries[0]);
	INIT_LIST_HEAD(&entries[1]);
	raw_spin_lock_init(&list_lock);
}

static bool list_is_whole(void)
{
	return raw_spin_is_locked(&list_lock) || explore_list_is_whole(&list, ARRAY_SIZE(entries));
}

static void add_and_delete(u32 thread)
{
	raw_spin_lock(&list_lock);
	list_add(&entries[thread], &list);
	raw_spin_unlock(&list_lock);
	raw_spin_lock(&list_lock);
	list_del_init(&entries[thread]);
	raw_spin_unlock(&list_lock);
}

/* It is its own entry; but its neighbours are not. */
static void delete_bare(u32 thread)
{
	raw_spin_lock(&list_lock);
	list_add(&entries[thread], &list);
	raw_spin_unlock(&list_lock);
	list_del_init(&entries[thread]);
}

SCENARIO(list, 2, .about = "two that come into a list and leave it", .setup = list_setup,
	 .run = add_and_delete, .holds = list_is_whole, .watch = { WATCH(list_lock), WATCH(list) });
SCENARIO(list_bare, 2, .about = "and leave it without its lock", .broken = true,
	 .setup = list_setup, .run = delete_bare, .holds = list_is_whole,
	 .watch = { WATCH(list_lock), WATCH(list) });
