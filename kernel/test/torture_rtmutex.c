/* torture_rtmutex.c: the mutex that lends priority under torture.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/test/torture.h"
#include "lib/format.h"

static struct rt_mutex rtmutex;

static void begin(void)
{
	rt_mutex_init(&rtmutex);
}

static bool take(struct torture_hold *hold)
{
	rt_mutex_lock(&rtmutex);
	return true;
}

static bool take_interruptible(struct torture_hold *hold)
{
	return rt_mutex_lock_interruptible(&rtmutex) == 0;
}

static bool take_killable(struct torture_hold *hold)
{
	return rt_mutex_lock_killable(&rtmutex) == 0;
}

static bool take_try(struct torture_hold *hold)
{
	return rt_mutex_trylock(&rtmutex);
}

static void release(struct torture_hold *hold)
{
	rt_mutex_unlock(&rtmutex);
}

static void describe(char *buf, size_t n)
{
	snprintf(buf, n, "it is %s", rt_mutex_is_locked(&rtmutex) ? "held" : "free");
}

static bool ends_well(void)
{
	return !rt_mutex_is_locked(&rtmutex) && !READ_ONCE(rtmutex.owner);
}

static const struct torture_way ways[] = {
	TORTURE_WAY("rt_mutex_lock", take, release, WAY_WAITS),
	TORTURE_WAY("rt_mutex_lock_interruptible", take_interruptible, release, WAY_SIGNAL),
	TORTURE_WAY("rt_mutex_lock_killable", take_killable, release, WAY_SIGNAL),
	TORTURE_WAY("rt_mutex_trylock", take_try, release, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way open_ways[] = {
	TORTURE_WAY("rt_mutex_lock", take, release, WAY_WAITS),
	TORTURE_WAY("rt_mutex_trylock", torture_take_nothing, torture_release_nothing,
		    WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_ops rtmutex_twin = {
	.name = "rtmutex",
	.broken = "a trylock that always succeeds",
	.writers = open_ways,
	.init = begin,
};

TORTURE(rtmutex) = {
	.name = "rtmutex",
	.twin = &rtmutex_twin,
	.writers = ways,
	.init = begin,
	.describe = describe,
	.ends_well = ends_well,
};
