/* reading.c: the rows of RCU and SRCU: what a reader pays, and how long a grace period takes.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>

#include "kernel/bench/bench.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/srcu.h"

BENCH_PAIR(rcu_read_lock, .most = 4)
{
	rcu_read_lock();
	rcu_read_unlock();
}

BENCH_CONTEST(rcu_read_lock, .shared = true)
{
	rcu_read_lock();
	bench_inside_shared(visitor);
	rcu_read_unlock();
}

BENCH_TRIP(synchronize_rcu, 2)
{
	u64 start = clock_ns();

	for (unsigned int i = 0; i < n; i++)
		synchronize_rcu();
	return clock_ns() - start;
}

DEFINE_STATIC_SRCU(srcu);

BENCH_PAIR(srcu_read_lock)
{
	int index = srcu_read_lock(&srcu);

	srcu_read_unlock(&srcu, index);
}
