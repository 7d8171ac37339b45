/* torture_rwsem.c: the reader-writer semaphore under torture.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/test/torture.h"
#include "lib/format.h"

static struct rw_semaphore rwsem;

static void begin(void)
{
	init_rwsem(&rwsem);
}

static bool read_plain(struct torture_hold *hold)
{
	down_read(&rwsem);
	return true;
}

static bool read_interruptible(struct torture_hold *hold)
{
	return down_read_interruptible(&rwsem) == 0;
}

static bool read_killable(struct torture_hold *hold)
{
	return down_read_killable(&rwsem) == 0;
}

static bool read_try(struct torture_hold *hold)
{
	return down_read_trylock(&rwsem);
}

/* A writer that has become a reader. */
static bool read_downgraded(struct torture_hold *hold)
{
	down_write(&rwsem);
	downgrade_write(&rwsem);
	return true;
}

static void read_release(struct torture_hold *hold)
{
	up_read(&rwsem);
}

static bool write_plain(struct torture_hold *hold)
{
	down_write(&rwsem);
	return true;
}

static bool write_killable(struct torture_hold *hold)
{
	return down_write_killable(&rwsem) == 0;
}

static bool write_try(struct torture_hold *hold)
{
	return down_write_trylock(&rwsem);
}

static void write_release(struct torture_hold *hold)
{
	up_write(&rwsem);
}

static void describe(char *buf, size_t n)
{
	snprintf(buf, n, "it is %s", rwsem_is_locked(&rwsem) ? "held" : "free");
}

static bool ends_well(void)
{
	return !rwsem_is_locked(&rwsem) && !rwsem_is_contended(&rwsem);
}

static const struct torture_way readers[] = {
	TORTURE_WAY("down_read", read_plain, read_release, WAY_WAITS),
	TORTURE_WAY("down_read_interruptible", read_interruptible, read_release, WAY_SIGNAL),
	TORTURE_WAY("down_read_killable", read_killable, read_release, WAY_SIGNAL),
	TORTURE_WAY("down_read_trylock", read_try, read_release, WAY_BY_ITSELF),
	TORTURE_WAY("downgrade_write", read_downgraded, read_release, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way writers[] = {
	TORTURE_WAY("down_write", write_plain, write_release, WAY_WAITS),
	TORTURE_WAY("down_write_killable", write_killable, write_release, WAY_SIGNAL),
	TORTURE_WAY("down_write_trylock", write_try, write_release, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way open_readers[] = {
	TORTURE_WAY("down_read", read_plain, read_release, WAY_WAITS),
	TORTURE_WAY("down_read_trylock", torture_take_nothing, torture_release_nothing,
		    WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_ops rwsem_twin = {
	.name = "rwsem",
	.broken = "a reader's trylock that always succeeds",
	.writers = writers,
	.readers = open_readers,
	.init = begin,
};

TORTURE(rwsem) = {
	.name = "rwsem",
	.twin = &rwsem_twin,
	.writers = writers,
	.readers = readers,
	.init = begin,
	.describe = describe,
	.ends_well = ends_well,
};
