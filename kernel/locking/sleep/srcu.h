/* srcu.h: RCU whose readers may sleep, and which is waited for one structure at a time.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A reader counts itself in at its begin and out at its end, in one of two pairs of counts: the one that
 *   is current when it begins. Each CPU has counts of its own; a reader may end on another CPU than it
 *   began on, so only the sums mean something. An updater waits until a pair has as many ends as begins.
 *   New readers would keep that from ever happening, so it makes the other pair current first:
 *
 *       reader                                    updater, one at a time
 *       i = idx & 1                               gp = new
 *       begins[i]++             [B] full barrier  wait until ends[!i] == begins[!i]      (1)
 *       p = gp ...                                idx++                           [F] full barrier
 *       ... uses *p                               wait until ends[i] == begins[i]        (2)
 *       ends[i]++               [N] full barrier  free old
 *
 *   Sums are not taken in an instant. The ends are added up before the begins, with a barrier between [S]: an
 *   end that is seen belongs to a begin that is seen, so the sums are equal only if nobody was inside at
 *   some moment between the two. The other way round, a begin that is missed and its end that is not could
 *   hide another reader that is still inside.
 *   Why (1)? A reader may read idx and stay away for long before it counts, in the pair that is not current
 *   any more. It is missed by (2) of that time, harmlessly: it counts after the look, and by [B] and [F] it then
 *   finds the new pointer. But the next updater makes that pair current, and could find it busy with such
 *   readers at (2) for ever, if others followed; by (1) it is known to be empty when it becomes current.
 *   Which reader is waited for? One that had the old pointer counted itself in before it read it; [B] stands
 *   between. If the sums of its pair, at (1) or (2), do not show its begin, its read of the pointer comes
 *   after them, and after the new pointer's store.
 *   On x86 the counting is a locked instruction, and is its own full barrier. It costs about ten times what
 *   an RCU reader does, and less than a lock: the counts are each CPU's own, and do not travel.
 *   It does not: help a reader that waits for its own updater. Callbacks: srcu_callback.c.
 *   Source: P. McKenney, "Sleepable RCU", LWN 2006; ends before begins, M. Desnoyers' form of it (Linux 4.12).
 *
 * RULES
 *   1. A reader may sleep, and be preempted. It ends with what its begin returned, in the same thread.
 *   2. synchronize_srcu() inside a reader of the same structure waits for itself.
 *   3. It waits for this structure's readers only: others may sleep as long as they like.
 *   4. init_srcu_struct() before use, cleanup_srcu_struct() when there are no readers and no callbacks
 *      any more: srcu_barrier() comes before it. DEFINE_SRCU and DEFINE_STATIC_SRCU need neither; a
 *      module that has used call_srcu() ends with srcu_barrier() all the same.
 *   5. The pointer is read by srcu_dereference(), and published by rcu_assign_pointer().
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/locking/rcu_rounds.h"
#include "kernel/locking/sleep/mutex.h"

/* A cache line for each CPU. [a] anybody's, but nearly always this CPU's own */
struct srcu_counts {
	atomic64_t begins[2];
	atomic64_t ends[2];
} __aligned(64);

/* [I] set once  [u] under `updaters`, read by anybody  [c] under the callbacks' lock  [t] their thread's */
struct srcu_struct {
#if CONFIG_CHECKED
	struct lockdep_map
		dep_map; /* readers hold it, updaters wait for them: a circle with other locks is found */
#endif
	struct srcu_counts *counts; /* [I] of nr_cpus CPUs; NULL: not initialized, or cleaned up */
	const char *name;           /* [I] */
	unsigned long idx;          /* [u] its lowest bit is the current pair */
	bool flipped; /* [u] the grace period under way waits for the pair that was current */
	struct rounds rounds;    /* [u] grace periods */
	struct mutex updaters;   /* one waits for readers at a time */
	struct rcu_head *queued; /* [c] callbacks, the newest first */
	struct rcu_head *batch;  /* [t] callbacks that wait for `cookie`, the oldest first */
	unsigned long cookie;    /* [t] */
	bool served;             /* [c] the thread has it: set with the first callback */
	struct list_head turn;   /* [t] its place there; [c] before the thread knows of it */
};

#define __DEFINE_SRCU(srcu, storage)                                                               \
	static struct srcu_counts srcu##_counts[NR_CPUS];                                          \
	storage struct srcu_struct srcu = {                                                        \
		DEP_MAP_INIT(struct srcu_struct, srcu).counts = srcu##_counts,                     \
		.name = #srcu,                                                                     \
		.updaters = __MUTEX_INITIALIZER(srcu.updaters),                                    \
	}
#define DEFINE_STATIC_SRCU(srcu) __DEFINE_SRCU(srcu, static)
#define DEFINE_SRCU(srcu)        __DEFINE_SRCU(srcu, )

/*
 * init_srcu_struct - no readers, no updaters. May sleep. Thread context. Returns 0 or -ENOMEM.
 * cleanup_srcu_struct - @srcu is not to be used again. Sleeps. Thread context. Readers, or
 *   callbacks, that there still are, are reported, and it stays as it is.
 */
int init_srcu_struct_at(struct srcu_struct *srcu, const char *name, const char *site);
#define init_srcu_struct(srcu) init_srcu_struct_at((srcu), #srcu, LOCK_SITE(#srcu))
void cleanup_srcu_struct(struct srcu_struct *srcu);

/*
 * srcu_read_lock - begin a reader; returns the number that its end wants.
 * srcu_read_unlock - end it. Never sleep. Any context; a reader of an interrupt's handler ends in it.
 * srcu_down_read, srcu_up_read - the same for a reader that may end elsewhere, in another thread or a handler.
 * Checked: a number that no begin returns is reported, and ends nothing; a structure that is not initialized panics.
 */
int srcu_read_lock(struct srcu_struct *srcu);
void srcu_read_unlock(struct srcu_struct *srcu, int idx);
int srcu_down_read(struct srcu_struct *srcu);
void srcu_up_read(struct srcu_struct *srcu, int idx);

/*
 * synchronize_srcu - wait until every reader of @srcu that was under way at the call has ended; _expedited
 *   is the same. Sleeps. Thread context, outside of readers of @srcu. Panics when more readers ended than
 *   began. Full barriers as for synchronize_rcu().
 */
void synchronize_srcu(struct srcu_struct *srcu);
#define synchronize_srcu_expedited(srcu) synchronize_srcu(srcu)

/*
 * call_srcu - call @func(@head) when every reader of @srcu that is under way now has ended: in a thread, with
 *   preemption off, after the callbacks of @srcu that were queued before. @head is SRCU's until then.
 * Never sleeps. Any context but NMI, interrupts on or off, spinlocks held or not, inside readers of @srcu;
 * not with a run queue's lock or a thread's wake_lock held. Checked: does nothing but report it when @head
 * is queued.
 */
void call_srcu(struct srcu_struct *srcu, struct rcu_head *head, rcu_callback_t func);

/*
 * srcu_barrier - wait until every callback of @srcu that was queued before the call has returned. Waits for
 *   a grace period in any case. Sleeps. Thread context, outside of readers of @srcu and of callbacks.
 */
void srcu_barrier(struct srcu_struct *srcu);

/* srcu_readers_active - whether there is a reader: old at once. Any context. */
bool srcu_readers_active(struct srcu_struct *srcu);

/* srcu_read_lock_held - whether this may be in a reader: true whenever anybody is. Any context. */
static inline bool srcu_read_lock_held(struct srcu_struct *srcu)
{
	return !CONFIG_CHECKED || srcu_readers_active(srcu);
}

/* srcu_dereference - as rcu_dereference(), inside a reader of @srcu; _check - or where @c holds. */
#define srcu_dereference_check(p, srcu, c)                                                         \
	({                                                                                         \
		rcu_check((c) || srcu_read_lock_held(srcu), "srcu_dereference() of " #p,           \
			  _THIS_IP_);                                                              \
		READ_ONCE(p);                                                                      \
	})
#define srcu_dereference(p, srcu) srcu_dereference_check(p, srcu, false)

/* srcu_init - start the thread that calls back. Boot thread, the scheduler up. */
void srcu_init(void);
