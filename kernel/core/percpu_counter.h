/* percpu_counter.h: a counter that all CPUs count in without meeting.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. Use it where counting is frequent and reading is rare, or need not be exact: statistics, and
 *      limits that are far away. An atomic64_t is smaller, exact and cheaper to read.
 *   2. percpu_counter_read() may be wrong by up to percpu_counter_batch a CPU. percpu_counter_sum()
 *      is exact if nobody counts meanwhile, and costs a look at every CPU's share.
 *   3. percpu_counter_set() while others count loses what they count.
 *   4. percpu_counter_init() before use; percpu_counter_destroy() before its memory goes.
 */
#pragma once

#include "kernel/core/percpu.h"
#include "kernel/core/slab.h"
#include "kernel/locking/spin/raw_spinlock.h"

/* [q] written under lock, read by anybody  [I] set by percpu_counter_init() */
struct percpu_counter {
	raw_spinlock_t lock;
	s64 count; /* [q] without the CPUs' shares */
	s32 __percpu
		*counters; /* [I] each CPU's share, smaller than the batch; NULL: not initialized */
};

/* How much a CPU may count for itself before it adds that to the common count. */
extern s32 percpu_counter_batch;

/*
 * percpu_counter_init - make @counter a counter that is at @amount. Returns 0 or -ENOMEM.
 * percpu_counter_destroy - give its memory back; nothing to do if there is none.
 * percpu_counter_set - make it @amount; rule 3.
 * Never sleep. Any context but NMI.
 */
int percpu_counter_init(struct percpu_counter *counter, s64 amount, gfp_t flags);
void percpu_counter_destroy(struct percpu_counter *counter);
void percpu_counter_set(struct percpu_counter *counter, s64 amount);

/*
 * percpu_counter_add_batch - add @amount; go to the common count when this CPU's share would reach
 * @batch, which is positive. Never sleeps. Any context but NMI.
 * percpu_counter_sum - the count with every CPU's share: rule 2.
 * percpu_counter_compare - -1, 0 or 1 as the count is below, at or above @rhs: exact if that needs it.
 */
void percpu_counter_add_batch(struct percpu_counter *counter, s64 amount, s32 batch);
s64 percpu_counter_sum(struct percpu_counter *counter);
int __percpu_counter_compare(struct percpu_counter *counter, s64 rhs, s32 batch);

static inline int percpu_counter_compare(struct percpu_counter *counter, s64 rhs)
{
	return __percpu_counter_compare(counter, rhs, percpu_counter_batch);
}

static inline void percpu_counter_add(struct percpu_counter *counter, s64 amount)
{
	percpu_counter_add_batch(counter, amount, percpu_counter_batch);
}

static inline void percpu_counter_sub(struct percpu_counter *counter, s64 amount)
{
	percpu_counter_add(counter, -amount);
}

static inline void percpu_counter_inc(struct percpu_counter *counter)
{
	percpu_counter_add(counter, 1);
}

static inline void percpu_counter_dec(struct percpu_counter *counter)
{
	percpu_counter_add(counter, -1);
}

/* percpu_counter_read - about the count: rule 2. _positive: 0 in place of a negative number. */
static inline s64 percpu_counter_read(struct percpu_counter *counter)
{
	return READ_ONCE(counter->count);
}

static inline s64 percpu_counter_read_positive(struct percpu_counter *counter)
{
	return max_t(s64, percpu_counter_read(counter), 0);
}

static inline s64 percpu_counter_sum_positive(struct percpu_counter *counter)
{
	return max_t(s64, percpu_counter_sum(counter), 0);
}

static inline bool percpu_counter_initialized(struct percpu_counter *counter)
{
	return counter->counters != NULL;
}
