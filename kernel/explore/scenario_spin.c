/* scenario_spin.c: a counter without a lock, and the locks that spin: right ones, and beside them wrong ones.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/locking/spin/ticket.h"

static int counter;
static int first, second; /* equal, but for a moment in a writer */

static bool is_2(void)
{
	return counter == 2;
}

static bool is_3(void)
{
	return counter == 3;
}

static bool is_4(void)
{
	return counter == 4;
}

/* What every lock here guards. */
static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

/* ---- The textbooks' first example: 7 becomes 8 ---- */

static void start_at_7(void)
{
	counter = 7;
}

static bool is_9(void)
{
	return counter == 9;
}

static void add_one(u32 thread)
{
	counter++;
}

SCENARIO(counter, 2, .about = "i++ on two threads", .broken = true, .setup = start_at_7,
	 .run = add_one, .check = is_9, .watch = { WATCH(counter) });

static atomic_t atomic;

static void atomic_setup(void)
{
	atomic_set(&atomic, 7);
}

static void atomic_add_one(u32 thread)
{
	atomic_inc(&atomic);
}

static bool atomic_is_9(void)
{
	return atomic_read(&atomic) == 9;
}

SCENARIO(counter_atomic, 2, .about = "atomic_inc() on two threads", .setup = atomic_setup,
	 .run = atomic_add_one, .check = atomic_is_9, .watch = { WATCH(atomic) });

/* ---- Wrong spinlocks ---- */

static u32 word;

static void word_setup(void)
{
	word = 0;
	counter = 0;
}

static void test_then_set(u32 thread)
{
	while (READ_ONCE(word))
		cpu_relax();
	WRITE_ONCE(word, 1);
	count();
	WRITE_ONCE(word, 0);
}

SCENARIO(test_then_set, 2, .about = "a lock that looks, and then takes", .guard = "word",
	 .broken = true, .setup = word_setup, .run = test_then_set,
	 .watch = { WATCH(word), WATCH(counter) });

static u16 tickets[2]; /* the one that is served, and the next to be drawn */

static void tickets_setup(void)
{
	tickets[0] = tickets[1] = 0;
	counter = 0;
}

static void draw_plainly(u32 thread)
{
	u16 mine = tickets[1]++;

	while (READ_ONCE(tickets[0]) != mine)
		cpu_relax();
	count();
	WRITE_ONCE(tickets[0], mine + 1);
}

SCENARIO(ticket_plain, 2, .about = "a ticket lock whose drawing is not atomic", .guard = "tickets",
	 .broken = true, .setup = tickets_setup, .run = draw_plainly,
	 .watch = { WATCH(tickets), WATCH(counter) });

/* ---- Peterson's lock: right, but for the fence that x86 needs between one's own flag and the other's ---- */

static int wants[2], turn;

static void peterson_setup(void)
{
	wants[0] = wants[1] = turn = 0;
	counter = 0;
}

static __always_inline void peterson(u32 thread, bool fence)
{
	WRITE_ONCE(wants[thread], 1);
	WRITE_ONCE(turn, 1 - (int)thread);
	if (fence)
		smp_mb();
	while (READ_ONCE(wants[1 - thread]) && READ_ONCE(turn) == 1 - (int)thread)
		cpu_relax();
	count();
	smp_store_release(&wants[thread], 0);
}

static void peterson_bare(u32 thread)
{
	peterson(thread, false);
}

static void peterson_fenced(u32 thread)
{
	peterson(thread, true);
}

SCENARIO(peterson, 2, .about = "Peterson's lock with a fence", .setup = peterson_setup,
	 .run = peterson_fenced, .check = is_2,
	 .watch = { WATCH(wants), WATCH(turn), WATCH(counter) });
SCENARIO(peterson_bare, 2, .about = "Peterson's lock without one", .guard = "Peterson's lock",
	 .needs_fence = true, .setup = peterson_setup, .run = peterson_bare, .check = is_2,
	 .watch = { WATCH(wants), WATCH(turn), WATCH(counter) });

/* ---- Dekker's, the oldest one: the same fence, at two places ---- */

static __always_inline void dekker(u32 thread, bool fence)
{
	int me = (int)thread, other = 1 - me;

	WRITE_ONCE(wants[me], 1);
	if (fence)
		smp_mb();
	while (READ_ONCE(wants[other])) {
		if (READ_ONCE(turn) == me)
			continue;
		WRITE_ONCE(wants[me], 0);
		while (READ_ONCE(turn) != me)
			cpu_relax();
		WRITE_ONCE(wants[me], 1);
		if (fence)
			smp_mb();
	}
	count();
	WRITE_ONCE(turn, other);
	smp_store_release(&wants[me], 0);
}

static void dekker_bare(u32 thread)
{
	dekker(thread, false);
}

static void dekker_fenced(u32 thread)
{
	dekker(thread, true);
}

SCENARIO(dekker, 2, .about = "Dekker's lock with fences", .setup = peterson_setup,
	 .run = dekker_fenced, .check = is_2,
	 .watch = { WATCH(wants), WATCH(turn), WATCH(counter) });
SCENARIO(dekker_bare, 2, .about = "Dekker's lock without them", .guard = "Dekker's lock",
	 .needs_fence = true, .setup = peterson_setup, .run = dekker_bare, .check = is_2,
	 .watch = { WATCH(wants), WATCH(turn), WATCH(counter) });

/* ---- The ticket lock ---- */

static raw_spinlock_t ticket;

static void ticket_setup(void)
{
	raw_spin_lock_init(&ticket);
	counter = 0;
}

static void ticket_once(u32 thread)
{
	raw_spin_lock(&ticket);
	count();
	raw_spin_unlock(&ticket);
}

static void ticket_rounds(u32 thread)
{
	ticket_once(thread);
	ticket_once(thread);
}

SCENARIO(ticket, 2, .about = "raw_spin_lock()", .setup = ticket_setup, .run = ticket_once,
	 .check = is_2, .watch = { WATCH(ticket), WATCH(counter) });
SCENARIO(ticket_twice, 2, .about = "raw_spin_lock(), twice each", .setup = ticket_setup,
	 .run = ticket_rounds, .check = is_4, .watch = { WATCH(ticket), WATCH(counter) });
SCENARIO(ticket_three, 3, .about = "raw_spin_lock(), three threads", .setup = ticket_setup,
	 .run = ticket_once, .check = is_3, .watch = { WATCH(ticket), WATCH(counter) });

/* The lock alone, as if it had been taken 255 times, and 65535 times. */
static struct ticket_lock bare;

static void bare_setup_255(void)
{
	bare.both = 0xff00ff;
	counter = 0;
}

static void bare_setup_65535(void)
{
	bare.both = 0xffffffff;
	counter = 0;
}

static void bare_rounds(u32 thread)
{
	for (u32 i = 0; i < 2; i++) {
		ticket_lock(&bare);
		count();
		ticket_unlock(&bare);
	}
}

SCENARIO(ticket_byte, 2, .about = "ticket_lock() past 8 bits", .setup = bare_setup_255,
	 .run = bare_rounds, .check = is_4, .watch = { WATCH(bare), WATCH(counter) });
SCENARIO(ticket_wraps, 2, .about = "ticket_lock() past 16 bits", .setup = bare_setup_65535,
	 .run = bare_rounds, .check = is_4, .watch = { WATCH(bare), WATCH(counter) });

/* Two that try: one of them at least must get it, and who does not must have met the other. */
static u8 tried[2];

static void ticket_try_setup(void)
{
	ticket_setup();
	tried[0] = tried[1] = 0;
}

static void ticket_try(u32 thread)
{
	if (!raw_spin_trylock(&ticket))
		return;
	count();
	WRITE_ONCE(tried[thread], 1);
	raw_spin_unlock(&ticket);
}

static bool somebody_counted(void)
{
	return counter == tried[0] + tried[1] && counter > 0 && !raw_spin_is_locked(&ticket);
}

SCENARIO(ticket_try, 2, .about = "raw_spin_trylock()", .setup = ticket_try_setup, .run = ticket_try,
	 .check = somebody_counted, .watch = { WATCH(ticket), WATCH(counter) });

/* ---- The rwlock ---- */

static rwlock_t rwlock;

static void rwlock_setup(void)
{
	rwlock_init(&rwlock);
	first = second = 0;
}

/* Thread 0 writes, the others read. */
static void rwlock_run(u32 thread)
{
	if (thread == 0) {
		write_lock(&rwlock);
		WRITE_ONCE(first, 1);
		WRITE_ONCE(second, 1);
		write_unlock(&rwlock);
	} else {
		read_lock(&rwlock);
		explore_assert(READ_ONCE(first) == READ_ONCE(second));
		read_unlock(&rwlock);
	}
}

SCENARIO(rwlock, 2, .about = "a writer and a reader", .setup = rwlock_setup, .run = rwlock_run,
	 .watch = { WATCH(first), WATCH(second) });
SCENARIO(rwlock_three, 3, .about = "a writer and two readers", .setup = rwlock_setup,
	 .run = rwlock_run, .watch = { WATCH(first), WATCH(second) });

/* ---- The sequence lock ---- */

static seqcount_t seqcount;

static void seqcount_setup(void)
{
	seqcount_init(&seqcount);
	first = second = 0;
}

static void seqcount_write(void)
{
	preempt_disable();
	write_seqcount_begin(&seqcount);
	WRITE_ONCE(first, 1);
	WRITE_ONCE(second, 1);
	write_seqcount_end(&seqcount);
	preempt_enable();
}

static void seqcount_run(u32 thread)
{
	unsigned int start;
	int a, b;

	if (thread == 0) {
		seqcount_write();
		return;
	}
	do {
		start = read_seqcount_begin(&seqcount);
		a = READ_ONCE(first);
		b = READ_ONCE(second);
	} while (read_seqcount_retry(&seqcount, start));
	explore_assert(a == b);
}

static void seqcount_run_once(u32 thread)
{
	int a, b;

	if (thread == 0) {
		seqcount_write();
		return;
	}
	read_seqcount_begin(&seqcount);
	a = READ_ONCE(first);
	b = READ_ONCE(second);
	explore_assert(a == b);
}

SCENARIO(seqcount, 2, .about = "a reader that tries again", .setup = seqcount_setup,
	 .run = seqcount_run, .watch = { WATCH(seqcount), WATCH(first), WATCH(second) });
SCENARIO(seqcount_torn, 2, .about = "a reader that does not ask again", .broken = true,
	 .setup = seqcount_setup, .run = seqcount_run_once,
	 .watch = { WATCH(seqcount), WATCH(first), WATCH(second) });
