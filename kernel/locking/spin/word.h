/* word.h: what the words of spinlock and rwlock are in this build: the one place where they differ.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   raw_spinlock.h, spinlock.h, rwlock.h and seqlock.h say when preemption, softirqs and interrupts are
 *   off, and who may do what; keeping other CPUs out is left to a word, and to the functions below.
 *
 *                     spin_word_t                rw_word_t
 *       UP=0          ticket.h                   RWLOCK=fair: rwlock_fair.h, RWLOCK=reader: rwlock_reader.h
 *       UP=1          nothing                    nothing
 *
 *   On one CPU (UP=1) there is nobody to keep out: another thread cannot run while preemption is off,
 *   nor a softirq or a handler while _bh or _irqsave keeps it off. So the functions are
 *   empty, and what remains of spin_lock_irqsave() is the flags and the count.
 *   It follows that a lock never looks held: *_is_locked() is false, and *_trylock() succeeds always. The
 *   only one who could have found it held is a handler on top of the holder; where that is meant to
 *   happen (the console, in an NMI) a struct ticket_lock serves, which is a word in every build.
 *   Taking a lock has two steps, for who wants to know in between that it must be waited for: spin_word_draw()
 *   and, unless spin_word_is_served(), spin_word_wait(); rw_word_read_fast() and, if that fails, _read_slow().
 *   In PROFILE=checked, spinlock_t and rwlock_t know their owner here as everywhere, and report it.
 *
 *   Which rwlock is the default? The fair one. What is right with it is right with the other too,
 *   while a loop of readers that is harmless with the fair lock starves a writer with the other for
 *   ever. It is Linux's rule since 3.16, so code that was written for Linux expects it. Its price is
 *   that a thread must not read again what it reads already; in PROFILE=checked the first time that
 *   it does is the panic, and not the day when a writer waits. RWLOCK=reader is for code that
 *   was written for the old rule.
 */
#pragma once

#include "kernel/base/config.h"
#include "kernel/locking/spin/rwlock_fair.h"
#include "kernel/locking/spin/rwlock_reader.h"
#include "kernel/locking/spin/ticket.h"

#if CONFIG_UP

/* Whether a lock can be seen to be held. */
#define SPIN_HAS_WORD 0

typedef struct {
	u32 unused; /* so that { 0 } can initialize what begins with a lock */
} spin_word_t;
typedef spin_word_t rw_word_t;
#define SPIN_WORD_FREE                                                                             \
	{                                                                                          \
		.unused = 0                                                                        \
	}
#define RW_WORD_FREE SPIN_WORD_FREE

#define __WORD_DOES_NOTHING(word, name)                                                            \
	static __always_inline void word##_##name(word##_t *w __unused)                            \
	{                                                                                          \
		barrier();                                                                         \
	}
#define __WORD_IS_ALWAYS(word, name, value)                                                        \
	static __always_inline bool word##_##name(word##_t *w __unused)                            \
	{                                                                                          \
		barrier();                                                                         \
		return value;                                                                      \
	}

__WORD_DOES_NOTHING(spin_word, init)
__WORD_DOES_NOTHING(spin_word, lock)
__WORD_DOES_NOTHING(spin_word, unlock)
__WORD_IS_ALWAYS(spin_word, trylock, true)
__WORD_IS_ALWAYS(spin_word, is_locked, false)
__WORD_IS_ALWAYS(spin_word, is_contended, false)

static __always_inline u32 spin_word_draw(spin_word_t *w __unused)
{
	barrier();
	return 0;
}

static __always_inline bool spin_word_is_served(u32 drawn __unused)
{
	return true;
}

static __always_inline void spin_word_wait(spin_word_t *w __unused, u32 drawn __unused)
{
}

__WORD_DOES_NOTHING(rw_word, init)
__WORD_DOES_NOTHING(rw_word, read_lock)
__WORD_DOES_NOTHING(rw_word, read_unlock)
__WORD_DOES_NOTHING(rw_word, write_lock)
__WORD_IS_ALWAYS(rw_word, read_fast, true)
__WORD_IS_ALWAYS(rw_word, write_fast, true)
__WORD_DOES_NOTHING(rw_word, read_slow)
__WORD_DOES_NOTHING(rw_word, write_slow)
__WORD_DOES_NOTHING(rw_word, write_unlock)
__WORD_IS_ALWAYS(rw_word, read_trylock, true)
__WORD_IS_ALWAYS(rw_word, write_trylock, true)
__WORD_IS_ALWAYS(rw_word, is_contended, false)

#else

#define SPIN_HAS_WORD          1

typedef struct ticket_lock spin_word_t;
#define SPIN_WORD_FREE         TICKET_LOCK_FREE
#define spin_word_init         ticket_init
#define spin_word_lock         ticket_lock
#define spin_word_draw         ticket_draw
#define spin_word_is_served    ticket_is_served
#define spin_word_wait         ticket_wait_inline
#define spin_word_trylock      ticket_trylock
#define spin_word_unlock       ticket_unlock
#define spin_word_is_locked    ticket_is_locked
#define spin_word_is_contended ticket_is_contended

#if CONFIG_RWLOCK_FAIR
typedef struct rwlock_fair rw_word_t;
#define RW_WORD_FREE    RWLOCK_FAIR_FREE
#define __RW_WORD(name) rwlock_fair_##name
#else
typedef struct rwlock_reader rw_word_t;
#define RW_WORD_FREE    RWLOCK_READER_FREE
#define __RW_WORD(name) rwlock_reader_##name
#endif
#define rw_word_init          __RW_WORD(init)
#define rw_word_read_lock     __RW_WORD(read_lock)
#define rw_word_read_fast     __RW_WORD(read_fast)
#define rw_word_read_slow     __RW_WORD(read_slow)
#define rw_word_read_trylock  __RW_WORD(read_trylock)
#define rw_word_read_unlock   __RW_WORD(read_unlock)
#define rw_word_write_lock    __RW_WORD(write_lock)
#define rw_word_write_fast    __RW_WORD(write_fast)
#define rw_word_write_slow    __RW_WORD(write_slow)
#define rw_word_write_trylock __RW_WORD(write_trylock)
#define rw_word_write_unlock  __RW_WORD(write_unlock)
#define rw_word_is_contended  __RW_WORD(is_contended)

#endif
