/* srcu.c: counting readers in and out, and waiting for a pair of counts to become equal.
 * SPDX-License-Identifier: MIT
 *
 * The theory is in srcu.h.
 */
#include "kernel/locking/sleep/srcu.h"

#include <arch/clock.h>

#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/core/timer.h"
#include "kernel/locking/sleep/srcu_grace.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

/* Readers are short, mostly: look so often before sleeping between looks. */
#define LOOKS_AWAKE   20
#define LOOK_SLEEP_NS (1 * NSEC_PER_MSEC)

int init_srcu_struct_at(struct srcu_struct *srcu, const char *name, const char *site)
{
	*srcu = (struct srcu_struct){ .name = name };
	lockdep_init_lock(srcu, name, site);
	mutex_init(&srcu->updaters);
	srcu->counts = kcalloc(nr_cpus, sizeof(*srcu->counts), GFP_KERNEL);
	return srcu->counts ? 0 : -ENOMEM;
}

void srcu_check_init(const struct srcu_struct *srcu, unsigned long where)
{
	if (CONFIG_CHECKED && unlikely(!srcu->counts))
		panic("srcu_struct %p is used at %pS and is not initialized", srcu, (void *)where);
}

/* The two steps may be on two CPUs: the count is atomic, and only the sums mean something. */
static struct srcu_counts *counts_here(struct srcu_struct *srcu)
{
	return &srcu->counts[raw_smp_processor_id()];
}

static __always_inline int begin(struct srcu_struct *srcu, unsigned long where)
{
	int idx = (int)(READ_ONCE(srcu->idx) & 1);

	srcu_check_init(srcu, where);
	atomic64_inc(&counts_here(srcu)->begins[idx]);
	// [B] pairs with [F] in flip(): counted before anything is read.
	smp_mb__after_atomic();
	return idx;
}

static __always_inline void end(struct srcu_struct *srcu, int idx, unsigned long where)
{
	srcu_check_init(srcu, where);
	if (CONFIG_CHECKED && unlikely(idx & ~1)) {
		misuse(NULL, "srcu_read_unlock(\"%s\", %d) at %pS: srcu_read_lock() returns 0 or 1",
		       srcu->name, idx, (void *)where);
		return;
	}
	// [N] pairs with [S] in pair_is_empty(): all is read before the end is counted.
	smp_mb__before_atomic();
	atomic64_inc(&counts_here(srcu)->ends[idx]);
}

int srcu_read_lock(struct srcu_struct *srcu)
{
	lock_acquire(&srcu->dep_map, 0, 0, LOCKDEP_READ_REC, 1, NULL, _RET_IP_);
	return begin(srcu, _RET_IP_);
}

void srcu_read_unlock(struct srcu_struct *srcu, int idx)
{
	if (CONFIG_CHECKED && !(idx & ~1) &&
	    unlikely(!lock_is_held_type(LOCKDEP_MAP_OF(srcu), -1))) {
		misuse(NULL, "srcu_read_unlock(\"%s\") at %pS by who is no reader of it",
		       srcu->name, (void *)_RET_IP_);
		return;
	}
	lock_release(&srcu->dep_map, _RET_IP_);
	end(srcu, idx, _RET_IP_);
}

int srcu_down_read(struct srcu_struct *srcu)
{
	return begin(srcu, _RET_IP_);
}

void srcu_up_read(struct srcu_struct *srcu, int idx)
{
	end(srcu, idx, _RET_IP_);
}

static u64 sum_of_begins(struct srcu_struct *srcu, int idx)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += (u64)atomic64_read(&srcu->counts[cpu].begins[idx]);
	return sum;
}

static u64 sum_of_ends(struct srcu_struct *srcu, int idx)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += (u64)atomic64_read(&srcu->counts[cpu].ends[idx]);
	return sum;
}

/* Whether there was a moment in this call without a reader in the pair. */
static bool pair_is_empty(struct srcu_struct *srcu, int idx)
{
	u64 ends = sum_of_ends(srcu, idx);
	u64 begins;

	// [S] pairs with [N] in end(): of an end that we saw we see the begin.
	smp_mb();
	begins = sum_of_begins(srcu, idx);
	if (unlikely((s64)(begins - ends) < 0))
		panic("srcu_struct \"%s\" (%p): %llu readers began, and %llu ended", srcu->name,
		      srcu, begins, ends);
	return begins == ends;
}

/* New readers count in the other pair from now on. */
static void flip(struct srcu_struct *srcu)
{
	smp_mb(); // [F] pairs with [B] in begin(): what that pair's readers did is over
	WRITE_ONCE(srcu->idx, srcu->idx + 1);
	srcu->flipped = true;
	smp_mb(); // [F] pairs with [B] in begin()
}

static bool other_pair_is_empty(struct srcu_struct *srcu)
{
	return pair_is_empty(srcu, !(srcu->idx & 1));
}

void srcu_advance(struct srcu_struct *srcu)
{
	if (!rounds_under_way(&srcu->rounds)) {
		rounds_begin(&srcu->rounds);
		srcu->flipped = false;
	}
	if (!srcu->flipped && other_pair_is_empty(srcu)) // (1)
		flip(srcu);
	if (srcu->flipped && other_pair_is_empty(srcu)) // (2)
		rounds_end(&srcu->rounds);
}

static void rest(unsigned int looks)
{
	if (looks < LOOKS_AWAKE) {
		cpu_relax();
		return;
	}
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_until(clock_ns() + LOOK_SLEEP_NS);
}

static bool is_in_reader(struct srcu_struct *srcu)
{
	return CONFIG_CHECKED && !lock_is_not_held(LOCKDEP_MAP_OF(srcu));
}

void synchronize_srcu(struct srcu_struct *srcu)
{
	unsigned long cookie = rounds_snap(&srcu->rounds);

	srcu_check_init(srcu, _RET_IP_);
	might_sleep_at(__func__, srcu->name, _RET_IP_);
	if (unlikely(is_in_reader(srcu))) {
		misuse(NULL,
		       "synchronize_srcu(\"%s\") at %pS inside a reader of it, which it would wait for",
		       srcu->name, (void *)_RET_IP_);
		return;
	}
	lockdep_sleeps_for(&srcu->dep_map, _RET_IP_);
	mutex_lock(&srcu->updaters);
	// Who had the mutex meanwhile may have waited for us, too; or have left in the middle.
	for (unsigned int looks = 0; !rounds_done(&srcu->rounds, cookie); looks++) {
		srcu_advance(srcu);
		if (!rounds_done(&srcu->rounds, cookie))
			rest(looks);
	}
	mutex_unlock(&srcu->updaters);
	smp_mb(); // What the caller does next comes after the last reader, whatever it is.
}

bool srcu_readers_active(struct srcu_struct *srcu)
{
	return !pair_is_empty(srcu, 0) || !pair_is_empty(srcu, 1);
}

void cleanup_srcu_struct(struct srcu_struct *srcu)
{
	srcu_check_init(srcu, _RET_IP_);
	if (srcu_has_callbacks(srcu)) {
		misuse(NULL,
		       "cleanup_srcu_struct(\"%s\"): there are callbacks; srcu_barrier() comes before it",
		       srcu->name);
		return;
	}
	if (srcu_readers_active(srcu)) {
		misuse(NULL, "cleanup_srcu_struct(\"%s\"): there are readers", srcu->name);
		return;
	}
	srcu_callbacks_leave(srcu);
	mutex_lock(&srcu->updaters); // until the last one is out
	mutex_unlock(&srcu->updaters);
	mutex_destroy(&srcu->updaters);
	kfree(srcu->counts);
	srcu->counts = NULL;
}
