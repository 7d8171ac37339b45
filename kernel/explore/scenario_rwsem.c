/* scenario_rwsem.c: the rwsem: who is killed, who tries, who becomes a reader, and who frees it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/sched/signal.h"

static int counter;

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

/* ---- A reader has it in the beginning: a writer that is killed lets those in who stand behind it ---- */

static struct rw_semaphore rwsem;
static bool looked;

static void rwsem_setup(void)
{
	init_rwsem(&rwsem);
	counter = 0;
	looked = false;
}

static void rwsem_read_setup(void)
{
	rwsem_setup();
	atomic_set(&rwsem.count, 1);
	explore_task(1)->signals_allowed = 1UL << (SIGKILL - 1);
}

/* It stays until the other reader is inside as well. */
static void rwsem_kill_and_wait(u32 thread)
{
	send_sig(SIGKILL, explore_task(1), 0);
	while (!READ_ONCE(looked))
		cpu_relax();
	up_read(&rwsem);
}

static void rwsem_kill_and_leave(u32 thread)
{
	send_sig(SIGKILL, explore_task(1), 0);
	up_read(&rwsem);
}

static void rwsem_write_killable(u32 thread)
{
	if (down_write_killable(&rwsem))
		return;
	count();
	up_write(&rwsem);
}

static void rwsem_read(u32 thread)
{
	down_read(&rwsem);
	WRITE_ONCE(looked, true);
	up_read(&rwsem);
}

static bool rwsem_is_free(void)
{
	return !rwsem.count.counter && !rwsem.owner && list_empty(&rwsem.wait_list);
}

SCENARIO(rwsem_killed, 2, .about = "down_write_killable() is killed behind a reader",
	 .setup = rwsem_read_setup, .each = { rwsem_kill_and_leave, rwsem_write_killable },
	 .check = rwsem_is_free, .watch = { WATCH(rwsem.count) });
SCENARIO(rwsem_killable, 3, .slow = true,
	 .about = "down_write_killable() is killed between two readers", .setup = rwsem_read_setup,
	 .each = { rwsem_kill_and_wait, rwsem_write_killable, rwsem_read }, .check = rwsem_is_free,
	 .watch = { WATCH(rwsem.count), WATCH(looked) });

/* ---- Who tries ---- */

static void rwsem_write(u32 thread)
{
	down_write(&rwsem);
	count();
	up_write(&rwsem);
}

static void rwsem_try_write(u32 thread)
{
	if (!down_write_trylock(&rwsem))
		return;
	count();
	up_write(&rwsem);
}

static void rwsem_try_read(u32 thread)
{
	int before;

	if (!down_read_trylock(&rwsem))
		return;
	before = READ_ONCE(counter);
	explore_assert(READ_ONCE(counter) == before);
	up_read(&rwsem);
}

SCENARIO(rwsem_try, 3, .about = "a writer and a reader that try, and one that waits",
	 .setup = rwsem_setup, .each = { rwsem_try_write, rwsem_try_read, rwsem_read },
	 .check = rwsem_is_free, .watch = { WATCH(rwsem.count), WATCH(counter) });
SCENARIO(rwsem_try_read, 2, .about = "down_read_trylock() against a writer", .setup = rwsem_setup,
	 .each = { rwsem_write, rwsem_try_read }, .check = rwsem_is_free,
	 .watch = { WATCH(rwsem.count), WATCH(counter) });

/* ---- downgrade_write(): thread 0 has it for writing in the beginning ---- */

static void rwsem_write_setup(void)
{
	rwsem_setup();
	atomic_set(&rwsem.count, RWSEM_WRITER);
	rwsem.owner = explore_task(0);
}

static void rwsem_downgrade_and_wait(u32 thread)
{
	downgrade_write(&rwsem);
	while (!READ_ONCE(looked))
		cpu_relax();
	up_read(&rwsem);
}

static void rwsem_downgrade(u32 thread)
{
	int before = READ_ONCE(counter);

	downgrade_write(&rwsem);
	explore_assert(READ_ONCE(counter) == before);
	up_read(&rwsem);
}

SCENARIO(rwsem_downgrade, 2, .about = "downgrade_write() lets a reader in",
	 .setup = rwsem_write_setup, .each = { rwsem_downgrade_and_wait, rwsem_read },
	 .check = rwsem_is_free, .watch = { WATCH(rwsem.count), WATCH(looked) });
SCENARIO(rwsem_downgrade_three, 3, .slow = true, .about = "and no writer, while a reader waits too",
	 .setup = rwsem_write_setup, .each = { rwsem_downgrade, rwsem_write, rwsem_read },
	 .check = rwsem_is_free, .watch = { WATCH(rwsem.count), WATCH(counter) });

/* ---- The last of two readers makes room for a writer, which many have passed: so it is handed over ---- */

static void rwsem_two_read_setup(void)
{
	rwsem_setup();
	atomic_set(&rwsem.count, 2);
	rwsem.passed = RWSEM_MAX_PASSES;
}

static void rwsem_stop_reading(u32 thread)
{
	int before = READ_ONCE(counter);

	explore_assert(READ_ONCE(counter) == before);
	up_read(&rwsem);
}

SCENARIO(rwsem_readers_leave, 3, .about = "two readers, and a writer to whom it is handed over",
	 .setup = rwsem_two_read_setup,
	 .each = { rwsem_stop_reading, rwsem_stop_reading, rwsem_write }, .check = rwsem_is_free,
	 .watch = { WATCH(rwsem.count), WATCH(counter) });

/* ---- And one that its last user frees ---- */

static struct {
	struct rw_semaphore rwsem;
	int users;
} shared __aligned(8);

static void shared_setup(void)
{
	init_rwsem(&shared.rwsem);
	shared.users = 2;
	explore_object(&shared, sizeof(shared));
	explore_task(1)->signals = 1UL << (SIGKILL - 1);
}

/* Thread 1, which is killed, may be among the waiters before, and gone when they are looked for. */
static void rwsem_free_if_last(u32 thread)
{
	bool last;

	if (thread && !down_write_killable(&shared.rwsem))
		up_write(&shared.rwsem);
	down_write(&shared.rwsem);
	last = --shared.users == 0;
	up_write(&shared.rwsem);
	if (last)
		explore_free(&shared);
}

SCENARIO(rwsem_freed, 2, .about = "a rwsem that its last user frees", .setup = shared_setup,
	 .run = rwsem_free_if_last, .watch = { WATCH(shared.rwsem.count), WATCH(shared.users) });
