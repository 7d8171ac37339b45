/* scenario_callback.c: callbacks after a grace period: RCU's and SRCU's own threads, as the scenario's.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/quiescent.h"
#include "kernel/explore/explore.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/rcu_grace.h"
#include "kernel/locking/rcu_head.h"
#include "kernel/locking/sleep/srcu_grace.h"
#include "kernel/sched/sched.h"
#include "lib/string.h"

static struct rcu_head heads[2];
static bool called[2];

static void note_called(struct rcu_head *head)
{
	WRITE_ONCE(called[head - heads], true);
}

static void forget(void)
{
	called[0] = called[1] = false;
}

/* ---- RCU: thread 0 queues, thread 1 calls back, thread 2 sees to grace periods ---- */

static void rcu_setup(void)
{
	forget();
	explore_counts(&rcu_nr_looks);
}

/* A CPU that is idle but for this reader, as if it had been interrupted. */
static void queue_in_reader(u32 thread)
{
	bool idle = quiescent_interrupt();

	rcu_read_lock();
	call_rcu(&heads[1], note_called);
	explore_assert(!READ_ONCE(called[1]));
	rcu_read_unlock();
	quiescent_resume(idle);
}

/* For what is queued already it waits; which is not for the reader, if that is yet to come. */
static void call_back(u32 thread)
{
	call_rcu(&heads[0], note_called);
	rcu_callbacks_turn();
	explore_assert(called[0]);
}

static void see_to_grace_period(u32 thread)
{
	rcu_grace_turn();
}

SCENARIO(call_rcu_reader, 3, .about = "call_rcu() in a reader, and the threads of RCU",
	 .setup = rcu_setup, .each = { queue_in_reader, call_back, see_to_grace_period },
	 .watch = { WATCH(called) });

/* Who waits for a batch wakes the thread, and is woken. */
static void wait_for_batch(u32 thread)
{
	rcu_barrier();
}

static void do_batch(u32 thread)
{
	rcu_callbacks_begin();
	rcu_callbacks_turn();
}

SCENARIO(rcu_barrier, 2, .about = "rcu_barrier(), and the thread that calls back",
	 .setup = rcu_setup, .each = { wait_for_batch, do_batch });

/* And whoever queues what no other is queued before wakes it, too; it need not wait for a grace period to have seen that. */
static void queue_one(u32 thread)
{
	call_rcu(&heads[0], note_called);
}

SCENARIO(call_rcu_wakes, 3, .about = "call_rcu() of a thread that sleeps, and its grace period",
	 .setup = rcu_setup, .each = { queue_one, do_batch, see_to_grace_period },
	 .watch = { WATCH(called) });

/* ---- SRCU, whose thread sees to grace periods as well ---- */

static struct srcu_counts counts[NR_CPUS];
static struct srcu_struct srcu;

static void srcu_setup(void)
{
	forget();
	memset(counts, 0, sizeof(counts));
	srcu = (struct srcu_struct){ .counts = counts, .name = "srcu" };
	mutex_init(&srcu.updaters);
}

static void queue_in_srcu_reader(u32 thread)
{
	int idx;

	call_srcu(&srcu, &heads[0], note_called);
	idx = srcu_read_lock(&srcu);
	call_srcu(&srcu, &heads[1], note_called);
	explore_assert(!READ_ONCE(called[1]));
	srcu_read_unlock(&srcu, idx);
}

static void srcu_call_back(u32 thread)
{
	srcu_callbacks_begin();
	while (!READ_ONCE(called[0]) || !READ_ONCE(called[1]))
		srcu_callbacks_turn();
}

SCENARIO(call_srcu, 2, .about = "call_srcu() in a reader, and the thread that calls back",
	 .setup = srcu_setup, .each = { queue_in_srcu_reader, srcu_call_back },
	 .watch = { WATCH(called), WATCH(srcu.rounds.seq) });
