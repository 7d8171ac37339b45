/* percpu_counter.c: a counter that all CPUs count in without meeting.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a share, which only it changes, and which is smaller than a batch. When the share would
 *   become as large, the CPU moves it to the common count, under the lock. So of `batch` steps one
 *   touches a line that others touch too.
 *
 *      count (common)  +  share of CPU 0  +  share of CPU 1  + ...  =  what was counted
 *
 *   A step in the share is one cmpxchg without a LOCK, on %gs: an interrupt comes before or after it. A
 *   thread that is moved to another CPU between its look and its step compares what it saw there with
 *   the share here; if they are equal the step is right here, too, and if not it looks again.
 *   A share moves to the common count under the lock and with interrupts off, and so does the sum: no
 *   share is seen in both places, or in neither.
 *   It does not: give an exact number while others count, or stay exact when it wraps.
 *   Source: per-CPU counters with a batch, Linux 2.6 (A. Morton); M. Desnoyers' and P. McKenney's
 *   account of split counters: "Is Parallel Programming Hard", 5.2 and 5.3.
 */
#include "kernel/core/percpu_counter.h"

#include "kernel/core/panic.h"
#include "lib/errno.h"

s32 percpu_counter_batch = 64;

int percpu_counter_init(struct percpu_counter *counter, s64 amount, gfp_t flags)
{
	raw_spin_lock_init_unwatched(&counter->lock);
	counter->count = amount;
	counter->counters = __alloc_percpu(sizeof(s32), __alignof__(s32));
	return counter->counters ? 0 : -ENOMEM;
}

void percpu_counter_destroy(struct percpu_counter *counter)
{
	free_percpu(counter->counters);
	counter->counters = NULL;
}

static s32 *share_of(const struct percpu_counter *counter, u32 cpu)
{
	return per_cpu_ptr(counter->counters, cpu);
}

void percpu_counter_set(struct percpu_counter *counter, s64 amount)
{
	unsigned long flags;
	u32 cpu;

	raw_spin_lock_irqsave(&counter->lock, flags);
	for_each_possible_cpu(cpu) WRITE_ONCE(*share_of(counter, cpu), 0);
	WRITE_ONCE(counter->count, amount);
	raw_spin_unlock_irqrestore(&counter->lock, flags);
}

/* Add @amount and this CPU's share to the common count. */
static noinline void add_to_count(struct percpu_counter *counter, s64 amount)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&counter->lock, flags);
	amount += this_cpu_xchg(*counter->counters, 0);
	WRITE_ONCE(counter->count, counter->count + amount);
	raw_spin_unlock_irqrestore(&counter->lock, flags);
}

void percpu_counter_add_batch(struct percpu_counter *counter, s64 amount, s32 batch)
{
	s32 share;

	ASSERT(counter->counters);
	share = this_cpu_read(*counter->counters);
	do {
		if (amount >= batch - share || amount <= -batch - share) {
			add_to_count(counter, amount);
			return;
		}
	} while (!this_cpu_try_cmpxchg(*counter->counters, &share, (s32)(share + amount)));
}

s64 percpu_counter_sum(struct percpu_counter *counter)
{
	unsigned long flags;
	s64 sum;
	u32 cpu;

	raw_spin_lock_irqsave(&counter->lock, flags);
	sum = counter->count;
	for_each_possible_cpu(cpu) sum += READ_ONCE(*share_of(counter, cpu));
	raw_spin_unlock_irqrestore(&counter->lock, flags);
	return sum;
}

int __percpu_counter_compare(struct percpu_counter *counter, s64 rhs, s32 batch)
{
	s64 count = percpu_counter_read(counter);
	s64 error = (s64)batch * nr_cpus;

	if (count - rhs <= error && rhs - count <= error)
		count = percpu_counter_sum(counter);
	return count < rhs ? -1 : count > rhs;
}
