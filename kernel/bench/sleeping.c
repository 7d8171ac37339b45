/* sleeping.c: the rows of the sleeping locks for special needs.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/bench/bench.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"

static struct rw_semaphore rwsem __aligned(64) = __RWSEM_INITIALIZER(rwsem);
static struct rt_mutex rt_mutex __aligned(64) = __RT_MUTEX_INITIALIZER(rt_mutex);

BENCH_PAIR(rwsem_read, .most = 20)
{
	down_read(&rwsem);
	up_read(&rwsem);
}

BENCH_CONTEST(rwsem_read, .shared = true)
{
	down_read(&rwsem);
	bench_inside_shared(visitor);
	up_read(&rwsem);
}

BENCH_PAIR(rwsem_write, .most = 20)
{
	down_write(&rwsem);
	up_write(&rwsem);
}

BENCH_CONTEST(rwsem_write)
{
	down_write(&rwsem);
	bench_inside(visitor);
	up_write(&rwsem);
}

BENCH_PAIR(rt_mutex)
{
	rt_mutex_lock(&rt_mutex);
	rt_mutex_unlock(&rt_mutex);
}

BENCH_CONTEST(rt_mutex)
{
	rt_mutex_lock(&rt_mutex);
	bench_inside(visitor);
	rt_mutex_unlock(&rt_mutex);
}
