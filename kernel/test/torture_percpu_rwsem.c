/* torture_percpu_rwsem.c: the reader-writer semaphore that counts readers on each CPU, under torture.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/test/torture.h"
#include "lib/format.h"

DEFINE_STATIC_PERCPU_RWSEM(sem);

static bool read_plain(struct torture_hold *hold)
{
	percpu_down_read(&sem);
	return true;
}

static bool read_try(struct torture_hold *hold)
{
	return percpu_down_read_trylock(&sem);
}

static void read_release(struct torture_hold *hold)
{
	percpu_up_read(&sem);
}

static bool write_plain(struct torture_hold *hold)
{
	percpu_down_write(&sem);
	return true;
}

static void write_release(struct torture_hold *hold)
{
	percpu_up_write(&sem);
}

/* Those who came on one CPU may have left on another: only the sum says how many are inside. */
static u32 count_readers(void)
{
	u32 sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(sem.readers[cpu].count);
	return sum;
}

static void describe(char *buf, size_t n)
{
	snprintf(buf, n, "it counts %u readers, a writer %s, and its rwsem is %s", count_readers(),
		 percpu_is_write_locked(&sem) ? "blocks" : "does not block",
		 rwsem_is_locked(&sem.rwsem) ? "held" : "free");
}

static bool ends_well(void)
{
	return !percpu_is_write_locked(&sem) && !count_readers() && !rwsem_is_locked(&sem.rwsem) &&
	       !waitqueue_active(&sem.writer);
}

static const struct torture_way readers[] = {
	TORTURE_WAY("percpu_down_read", read_plain, read_release, WAY_WAITS),
	TORTURE_WAY("percpu_down_read_trylock", read_try, read_release, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way writers[] = {
	TORTURE_WAY("percpu_down_write", write_plain, write_release, WAY_WAITS),
	TORTURE_END,
};

/* A writer that keeps new readers out, and does not wait for those who are inside. */
static bool write_hastily(struct torture_hold *hold)
{
	down_write(&sem.rwsem);
	WRITE_ONCE(sem.block, true);
	return true;
}

static const struct torture_way hasty_writers[] = {
	TORTURE_WAY("percpu_down_write", write_hastily, write_release, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops percpu_rwsem_twin = {
	.name = "percpu_rwsem",
	.broken = "a writer that does not wait for readers to leave",
	.writers = hasty_writers,
	.readers = readers,
};

TORTURE(percpu_rwsem) = {
	.name = "percpu_rwsem",
	.twin = &percpu_rwsem_twin,
	.writers = writers,
	.readers = readers,
	.describe = describe,
	.ends_well = ends_well,
};
