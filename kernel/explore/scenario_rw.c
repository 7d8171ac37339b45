/* scenario_rw.c: rwlock and seqlock with more than one writer, with tries, and with readers in a handler.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/rwlock_reader.h"
#include "kernel/locking/spin/seqlock.h"

static int first, second; /* equal, but for a moment in a writer */

static void values_setup(void)
{
	first = second = 0;
}

/* In two instructions each: a second writer inside loses one. */
static void write_both(void)
{
	explore_enter();
	WRITE_ONCE(first, READ_ONCE(first) + 1);
	WRITE_ONCE(second, READ_ONCE(second) + 1);
	explore_leave();
}

static void look_at_both(void)
{
	explore_assert(READ_ONCE(first) == READ_ONCE(second));
}

static bool both_wrote(void)
{
	return first == 2 && second == 2;
}

/* ---- The rwlock: two writers, and a reader ---- */

static rwlock_t rwlock;

static void rwlock_setup(void)
{
	rwlock_init(&rwlock);
	values_setup();
}

static void rwlock_write(u32 thread)
{
	write_lock(&rwlock);
	write_both();
	write_unlock(&rwlock);
}

static void rwlock_read(u32 thread)
{
	read_lock(&rwlock);
	look_at_both();
	read_unlock(&rwlock);
}

/* Who tries in vain has met somebody; who comes afterwards must get it. */
static void rwlock_try_write(u32 thread)
{
	if (!write_trylock(&rwlock))
		return;
	write_both();
	write_unlock(&rwlock);
}

static void rwlock_try_read(u32 thread)
{
	if (!read_trylock(&rwlock))
		return;
	look_at_both();
	read_unlock(&rwlock);
}

static bool rwlock_is_free(void)
{
	bool free = write_trylock(&rwlock);

	if (free)
		write_unlock(&rwlock);
	return free;
}

static bool rwlock_is_free_after_2(void)
{
	return both_wrote() && rwlock_is_free();
}

SCENARIO(rwlock_writers, 3, .about = "two writers and a reader", .setup = rwlock_setup,
	 .each = { rwlock_write, rwlock_write, rwlock_read }, .check = rwlock_is_free_after_2,
	 .watch = { WATCH(rwlock), WATCH(first), WATCH(second) });
SCENARIO(rwlock_try, 3, .about = "a writer and a reader that try, and one that waits",
	 .setup = rwlock_setup, .each = { rwlock_try_write, rwlock_try_read, rwlock_read },
	 .check = rwlock_is_free, .watch = { WATCH(rwlock), WATCH(first), WATCH(second) });
SCENARIO(rwlock_try_read, 2, .about = "read_trylock() against a writer", .setup = rwlock_setup,
	 .each = { rwlock_write, rwlock_try_read }, .check = rwlock_is_free,
	 .watch = { WATCH(rwlock), WATCH(first), WATCH(second) });

/* A reader interrupts a reader, or comes between two, while a writer waits for the latter. */
static void rwlock_read_twice(u32 thread)
{
	rwlock_read(thread);
	rwlock_read(thread);
}

static void rwlock_write_irq(u32 thread)
{
	write_lock_irq(&rwlock);
	write_both();
	write_unlock_irq(&rwlock);
}

SCENARIO(rwlock_irq, 2, .about = "a reader interrupted by a reader, and a writer",
	 .setup = rwlock_setup, .each = { rwlock_read_twice, rwlock_write_irq },
	 .interrupt = rwlock_read, .interrupted = 1, .check = rwlock_is_free,
	 .watch = { WATCH(rwlock), WATCH(first), WATCH(second) });

/* A reader that comes while a writer waits for another reader does not pass it. */
static bool reading;

static void order_setup(void)
{
	rwlock_setup();
	reading = false;
}

static void read_first(u32 thread)
{
	read_lock(&rwlock);
	WRITE_ONCE(reading, true);
	read_unlock(&rwlock);
}

static void write_second(u32 thread)
{
	while (!READ_ONCE(reading))
		cpu_relax();
	rwlock_write(thread);
}

static void read_third(u32 thread)
{
	while (!rwlock_is_contended(&rwlock) && !READ_ONCE(second))
		cpu_relax();
	read_lock(&rwlock);
	explore_assert(READ_ONCE(second));
	read_unlock(&rwlock);
}

SCENARIO(rwlock_order, 3, .about = "a reader, a writer and a reader, who comes last",
	 .setup = order_setup, .each = { read_first, write_second, read_third },
	 .check = rwlock_is_free, .watch = { WATCH(rwlock), WATCH(reading), WATCH(second) });

/* ---- The same with the rwlock that prefers readers ---- */

static struct rwlock_reader preferring;

static void preferring_setup(void)
{
	rwlock_reader_init(&preferring);
	values_setup();
}

static void preferring_write(u32 thread)
{
	rwlock_reader_write_lock(&preferring);
	write_both();
	rwlock_reader_write_unlock(&preferring);
}

static void preferring_read(u32 thread)
{
	rwlock_reader_read_lock(&preferring);
	look_at_both();
	rwlock_reader_read_unlock(&preferring);
}

static void preferring_try_write(u32 thread)
{
	if (!rwlock_reader_write_trylock(&preferring))
		return;
	write_both();
	rwlock_reader_write_unlock(&preferring);
}

static void preferring_try_read(u32 thread)
{
	if (!rwlock_reader_read_trylock(&preferring))
		return;
	look_at_both();
	rwlock_reader_read_unlock(&preferring);
}

static bool preferring_is_free(void)
{
	return !preferring.word.counter;
}

static bool preferring_is_free_after_2(void)
{
	return both_wrote() && preferring_is_free();
}

SCENARIO(rwlock_reader_writers, 3, .about = "reader-preferring: two writers and a reader",
	 .setup = preferring_setup, .each = { preferring_write, preferring_write, preferring_read },
	 .check = preferring_is_free_after_2,
	 .watch = { WATCH(preferring), WATCH(first), WATCH(second) });
SCENARIO(rwlock_reader_try, 3, .about = "reader-preferring: two that try, and a writer",
	 .setup = preferring_setup,
	 .each = { preferring_try_write, preferring_try_read, preferring_write },
	 .check = preferring_is_free, .watch = { WATCH(preferring), WATCH(first), WATCH(second) });

/* ---- The sequence lock: two writers, and a reader that tries again, that keeps them out, or that does the one after the
 * other ---- */

static DEFINE_SEQLOCK(seqlock);

static void seqlock_setup(void)
{
	seqlock_init(&seqlock);
	values_setup();
}

static void seqlock_write(u32 thread)
{
	write_seqlock(&seqlock);
	write_both();
	write_sequnlock(&seqlock);
}

static void seqlock_read(u32 thread)
{
	unsigned int start;
	int a, b;

	do {
		start = read_seqbegin(&seqlock);
		a = READ_ONCE(first);
		b = READ_ONCE(second);
	} while (read_seqretry(&seqlock, start));
	explore_assert(a == b);
}

static void seqlock_read_excl(u32 thread)
{
	read_seqlock_excl(&seqlock);
	look_at_both();
	read_sequnlock_excl(&seqlock);
}

static void seqlock_read_or_lock(u32 thread)
{
	int seq = 0;
	int a, b;

	do {
		read_seqbegin_or_lock(&seqlock, &seq);
		a = READ_ONCE(first);
		b = READ_ONCE(second);
	} while (need_seqretry(&seqlock, seq) && (seq = 1));
	done_seqretry(&seqlock, seq);
	explore_assert(a == b);
}

SCENARIO(seqlock, 3, .about = "two writers and a reader that tries again", .setup = seqlock_setup,
	 .each = { seqlock_write, seqlock_write, seqlock_read }, .check = both_wrote,
	 .watch = { WATCH(seqlock), WATCH(first), WATCH(second) });
SCENARIO(seqlock_excl, 2, .about = "read_seqlock_excl() against a writer", .setup = seqlock_setup,
	 .each = { seqlock_write, seqlock_read_excl },
	 .watch = { WATCH(seqlock), WATCH(first), WATCH(second) });
SCENARIO(seqlock_or_lock, 2, .about = "read_seqbegin_or_lock() against a writer",
	 .setup = seqlock_setup, .each = { seqlock_write, seqlock_read_or_lock },
	 .watch = { WATCH(seqlock), WATCH(first), WATCH(second) });
