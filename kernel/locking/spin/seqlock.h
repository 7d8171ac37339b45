/* seqlock.h: seqcount_t and seqlock_t: readers that keep nobody out, and read again if a writer came.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   For a few words that belong together, are read often and written rarely. A reader writes nothing, not
 *   even a count, so it cannot hold up a writer, and any number of CPUs read without sharing a line.
 *   Instead it looks at a number before and after: odd, a writer is at work; changed, one was. Then what
 *   was read may be torn, and is thrown away.
 *
 *      writer                         reader
 *      sequence = n + 1 (odd)         s = sequence; odd: spin
 *      [A] - - - - - - - - - -        [B] - - - - - - - - - -
 *      words = new                    copy the words
 *      [C] - - - - - - - - - -        [D] - - - - - - - - - -
 *      sequence = n + 2               sequence != s: again
 *
 *   Why it suffices: if the copy has a word of a writer's, then [A] and [D] make the reader see that
 *   writer's odd number, or a later one. If it lacks a word of a writer's, whose end the reader saw at its
 *   begin, [C] and [B] would have shown that word. So an unchanged even number means: all words are of one
 *   moment. On x86 loads are not reordered with loads nor stores with stores, so all four are barriers
 *   for the compiler, and the writer's additions need no LOCK: there is one writer at a time.
 *
 *   What is read inside may be nonsense until the retry says otherwise. Therefore nothing is done
 *   with it that nonsense could hurt: above all no pointer is followed, for what it pointed to may be
 *   freed by now (RCU is for that); no index, divisor or loop bound is used either. Copy, then check.
 *   Each word is read with READ_ONCE(), or the compiler may read it twice and believe both.
 *
 *   seqcount_t is the number alone: whoever writes has made sure to be the only writer, and to keep
 *   its CPU. seqlock_t has a spinlock for that, and a second kind of reader, read_seqlock_excl(), which
 *   holds it and keeps writers and its like out. Writers do not wait for readers: they can starve
 *   them; read_seqbegin_or_lock() gives up after one vain try and takes the lock.
 *   A number that passes 2^32 while one reader sleeps looks unchanged: 2^31 writes in one section.
 *   In PROFILE=checked a writer that is not alone, or could lose its CPU, and a reader that waits for the
 *   writer it has interrupted, are reported; the last panics. With UP=1 the number stays: a handler may still write.
 *   Sources: Lameter, "Effective synchronization on Linux/NUMA systems", Gelato 2005; Boehm, "Can seqlocks
 *   get along with programming language memory models?", MSPC 2012.
 *
 * RULES
 *   1. Readers: copy words inside, look at them outside. Follow no pointer inside.
 *   2. The writers of a seqcount_t exclude one another, and have preemption off.
 *   3. If a handler reads, writers have interrupts off (_irqsave): or it spins for the writer that it has
 *      interrupted. If a handler writes, so do all that hold the lock. The same with a softirq and _bh.
 *   4. Writers never sleep inside. Readers may be preempted, and may even sleep; they will read again.
 *   5. Use it where writes are rare and the words few. For a list or a tree, RCU or a rwlock.
 */
#pragma once

#include "kernel/locking/spin/spinlock.h"

typedef struct seqcount {
	unsigned int sequence; /* [a] odd: a writer is inside; written by writers only */
#if CONFIG_CHECKED
	u32 writer; /* [a] the CPU that writes, plus 1; 0: none */
	struct lockdep_map
		dep_map; /* without a name: it was never initialized, which is no mistake */
#endif
} seqcount_t;

#if CONFIG_CHECKED
#define SEQCNT_ZERO(countname)                                                                     \
	{                                                                                          \
		.sequence = 0, .writer = 0, .dep_map = {                                           \
			.name = #countname,                                                        \
			.site = LOCK_SITE("number of " #countname)                                 \
		}                                                                                  \
	}

/* A reader waits for writers, for as long as it begins: tell the validator. */
void seqcount_note_reader(const seqcount_t *s, unsigned long where);
/* A panic if this CPU is the writer that it would wait for. */
void seqcount_check_wait(const seqcount_t *s, unsigned long where);
/* Whether writing may begin, and who writes is noted; or end. If not, that is reported. */
bool seqcount_check_begin(seqcount_t *s, unsigned long where);
bool seqcount_check_writer(const seqcount_t *s, unsigned long where);
void seqcount_note_end(seqcount_t *s, unsigned long where);
/* It is reported if this thread does not hold @lock, which keeps the writers of @s apart. For seqcount_lock.h. */
void seqcount_check_lock(const seqcount_t *s, const struct lockdep_map *lock, unsigned long where);
#else
#define SEQCNT_ZERO(countname)                                                                     \
	{                                                                                          \
		.sequence = 0                                                                      \
	}

static inline void seqcount_note_reader(const seqcount_t *s, unsigned long where)
{
}

static inline void seqcount_check_wait(const seqcount_t *s, unsigned long where)
{
}

static inline bool seqcount_check_begin(seqcount_t *s, unsigned long where)
{
	return true;
}

static inline bool seqcount_check_writer(const seqcount_t *s, unsigned long where)
{
	return true;
}

static inline void seqcount_note_end(seqcount_t *s, unsigned long where)
{
}
#endif

/* seqcount_init - make @s ready; nobody may use it. Never sleeps. Any context. */
void seqcount_init_named(seqcount_t *s, const char *name, const char *site);
#define seqcount_init(s) seqcount_init_named((s), #s, LOCK_SITE(#s))

/* What is accessed inside may race: it is thrown away then, and a reader knows. A reader that never asks
 * whether to retry is believed for so many looks of the race detector (lib/instrument.h). */
#define SEQCOUNT_RACE_LOOKS 8

/* Spin until the number is even; returns it. Out of line: it spins. */
unsigned int seqcount_wait(const seqcount_t *s, unsigned long where);

/*
 * read_seqcount_begin - begin to read: spin while a writer is inside. Returns the number to give to
 *   read_seqcount_retry(): whether what was read since must be thrown away.
 * raw_read_seqcount_begin - the same. __read_seqcount_begin, __read_seqcount_retry - the same without the
 *   barrier, for a caller who has one. raw_read_seqcount - the number as it is, perhaps odd.
 * raw_seqcount_begin - do not spin: begin with the even number below, so that a retry is certain if a
 *   writer is inside.
 * Never sleep. Any context, if rule 3 holds.
 */
static __always_inline unsigned int __read_seqcount_begin(const seqcount_t *s)
{
	unsigned int sequence;

	seqcount_note_reader(s, _THIS_IP_);
	sequence = READ_ONCE(s->sequence);
	race_atomic_next(SEQCOUNT_RACE_LOOKS);
	return unlikely(sequence & 1) ? seqcount_wait(s, _THIS_IP_) : sequence;
}

static __always_inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int sequence = __read_seqcount_begin(s);

	smp_rmb(); // [B] pairs with [C] in raw_write_seqcount_end()
	return sequence;
}

static __always_inline unsigned int raw_read_seqcount(const seqcount_t *s)
{
	unsigned int sequence = READ_ONCE(s->sequence);

	race_atomic_next(SEQCOUNT_RACE_LOOKS);
	smp_rmb(); // [B]
	return sequence;
}

#define raw_read_seqcount_begin(s) read_seqcount_begin(s)

static __always_inline unsigned int raw_seqcount_begin(const seqcount_t *s)
{
	return raw_read_seqcount(s) & ~1U;
}

static __always_inline bool __read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	race_atomic_next(0);
	return unlikely(READ_ONCE(s->sequence) != start);
}

static __always_inline bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	smp_rmb(); // [D] pairs with [A] in raw_write_seqcount_begin()
	return __read_seqcount_retry(s, start);
}

/* The next number: one plain addition, for there is one writer. */
static __always_inline void seqcount_step(seqcount_t *s)
{
	instrument_atomic_read_write(&s->sequence, sizeof(s->sequence));
	asm volatile("incl %0" : "+m"(s->sequence)::"memory", "cc");
}

/*
 * raw_write_seqcount_begin, raw_write_seqcount_end - a writer goes in, and out, unchecked.
 * write_seqcount_begin, write_seqcount_end - the same; caller is the only writer and has preemption off.
 * raw_write_seqcount_barrier - what is written before and what is written after are of two moments: a
 *   reader that began before it reads again. Caller as above, not inside.
 * write_seqcount_invalidate - the same by its effect: readers that have begun read again.
 * Never sleep. Any context, if rules 2 and 3 hold.
 */
static __always_inline void raw_write_seqcount_begin(seqcount_t *s)
{
	race_atomic_begin();
	seqcount_step(s);
	smp_wmb(); // [A] pairs with [D] in read_seqcount_retry()
}

static __always_inline void raw_write_seqcount_end(seqcount_t *s)
{
	smp_wmb(); // [C] pairs with [B] in read_seqcount_begin()
	seqcount_step(s);
	race_atomic_end();
}

static __always_inline void write_seqcount_begin(seqcount_t *s)
{
	if (likely(seqcount_check_begin(s, _THIS_IP_)))
		raw_write_seqcount_begin(s);
}

static __always_inline void write_seqcount_end(seqcount_t *s)
{
	if (unlikely(!seqcount_check_writer(s, _THIS_IP_)))
		return;
	raw_write_seqcount_end(s);
	seqcount_note_end(s, _THIS_IP_);
}

static __always_inline void raw_write_seqcount_barrier(seqcount_t *s)
{
	raw_write_seqcount_begin(s);
	raw_write_seqcount_end(s);
}

#define write_seqcount_invalidate(s) raw_write_seqcount_barrier(s)

/* ---- seqlock_t ---- */

typedef struct seqlock {
	seqcount_t seqcount;
	spinlock_t lock; /* held by who writes, and by read_seqlock_excl() */
} seqlock_t;

#define __SEQLOCK_UNLOCKED(lockname)                                                               \
	{                                                                                          \
		.seqcount = SEQCNT_ZERO(lockname), .lock = SPIN_LOCK_UNLOCKED(lockname)            \
	}
#define DEFINE_SEQLOCK(lockname) seqlock_t lockname = __SEQLOCK_UNLOCKED(lockname)

/* seqlock_init - make @lock ready; nobody may use it. Never sleeps. Any context. */
void seqlock_init_named(seqlock_t *lock, const char *name, const char *site);
#define seqlock_init(lock) seqlock_init_named((lock), #lock, LOCK_SITE(#lock))

/* read_seqbegin, read_seqretry - as read_seqcount_begin() and read_seqcount_retry(). */
static __always_inline unsigned int read_seqbegin(const seqlock_t *lock)
{
	spin_check_init((spinlock_t *)&lock->lock, _THIS_IP_); // which may have to write
	return read_seqcount_begin(&lock->seqcount);
}

static __always_inline bool read_seqretry(const seqlock_t *lock, unsigned int start)
{
	return read_seqcount_retry(&lock->seqcount, start);
}

/*
 * Each form of spin_lock() and of its unlock makes a form for writers, who also step the number, and one
 * for readers that keep writers out. The forms of _irqsave are below.
 *
 * write_seqlock, write_sequnlock - go in as a writer, spinning for others; go out.
 * read_seqlock_excl, read_sequnlock_excl - go in as a reader that need not retry; go out.
 * Never sleep. Context as spin_lock(), and its _bh and _irq forms; rule 3.
 */
#define __SEQLOCK_FORM(suffix)                                                                     \
	static __always_inline void write_seqlock##suffix(seqlock_t *lock)                         \
	{                                                                                          \
		spin_lock##suffix(&lock->lock);                                                    \
		write_seqcount_begin(&lock->seqcount);                                             \
	}                                                                                          \
	static __always_inline void write_sequnlock##suffix(seqlock_t *lock)                       \
	{                                                                                          \
		write_seqcount_end(&lock->seqcount);                                               \
		spin_unlock##suffix(&lock->lock);                                                  \
	}                                                                                          \
	static __always_inline void read_seqlock_excl##suffix(seqlock_t *lock)                     \
	{                                                                                          \
		spin_lock##suffix(&lock->lock);                                                    \
	}                                                                                          \
	static __always_inline void read_sequnlock_excl##suffix(seqlock_t *lock)                   \
	{                                                                                          \
		spin_unlock##suffix(&lock->lock);                                                  \
	}

__SEQLOCK_FORM()
__SEQLOCK_FORM(_bh)
__SEQLOCK_FORM(_irq)

#define write_seqlock_irqsave(sl, flags)                                                           \
	do {                                                                                       \
		seqlock_t *__sl = (sl);                                                            \
		spin_lock_irqsave(&__sl->lock, flags);                                             \
		write_seqcount_begin(&__sl->seqcount);                                             \
	} while (0)

static __always_inline void write_sequnlock_irqrestore(seqlock_t *lock, unsigned long flags)
{
	write_seqcount_end(&lock->seqcount);
	spin_unlock_irqrestore(&lock->lock, flags);
}

#define read_seqlock_excl_irqsave(sl, flags) spin_lock_irqsave(&(sl)->lock, flags)

static __always_inline void read_sequnlock_excl_irqrestore(seqlock_t *lock, unsigned long flags)
{
	spin_unlock_irqrestore(&lock->lock, flags);
}

/*
 * A reader that tries once without the lock, and then takes it:
 *
 *	int seq = 0;
 *	do {
 *		read_seqbegin_or_lock(&lock, &seq);
 *		copy
 *	} while (need_seqretry(&lock, seq) && (seq = 1));
 *	done_seqretry(&lock, seq);
 *
 * An even *@seq begins without the lock, and gets the number; an odd one takes the lock.
 * Never sleep. Context as read_seqlock_excl(), or its _irqsave form.
 */
static __always_inline void read_seqbegin_or_lock(seqlock_t *lock, int *seq)
{
	if (!(*seq & 1))
		*seq = (int)read_seqbegin(lock);
	else
		read_seqlock_excl(lock);
}

static __always_inline bool need_seqretry(const seqlock_t *lock, int seq)
{
	return !(seq & 1) && read_seqretry(lock, (unsigned int)seq);
}

static __always_inline void done_seqretry(seqlock_t *lock, int seq)
{
	if (seq & 1)
		read_sequnlock_excl(lock);
}

/* Returns the flags for done_seqretry_irqrestore(). */
static __always_inline unsigned long read_seqbegin_or_lock_irqsave(seqlock_t *lock, int *seq)
{
	unsigned long flags = 0;

	if (!(*seq & 1))
		*seq = (int)read_seqbegin(lock);
	else
		read_seqlock_excl_irqsave(lock, flags);
	return flags;
}

static __always_inline void done_seqretry_irqrestore(seqlock_t *lock, int seq, unsigned long flags)
{
	if (seq & 1)
		read_sequnlock_excl_irqrestore(lock, flags);
}
