/* What code says about its accesses to memory, to the race detector (PROFILE=race). */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * The compiler reports plain and volatile accesses by itself: kernel/debug/race.c says what becomes of
 * them. What it cannot see is said here: instructions in assembly, and what the author means. Linux's
 * names. In code that is not instrumented (any other profile, and the few files that the Makefile
 * exempts) each is an empty function and leaves no instruction.
 */

/* What kind of access. */
#define RACE_WRITE    1u
#define RACE_COMPOUND 2u /* reads and writes */
#define RACE_MARKED   4u /* whole, exactly once, and meant to meet others: READ_ONCE() and its kin */
#define RACE_ASSERT   8u /* no access: a claim that nobody else makes one */

/* A claim that holds as long as the block does: the innermost of the thread's, or the handler's. */
struct race_claim {
	struct race_claim *outer;
	const void *at;
	size_t size;
	unsigned int type;
	unsigned long place; /* a return address: in who claims */
};

#ifdef CONFIG_INSTRUMENTED

/*
 * race_check - an access to the @size bytes at @at is about to be made. race_claim_bits - nobody else
 *   changes the bits in @mask.
 * race_pause, race_resume - what is accessed in between counts as no access at all; they nest.
 * race_atomic_begin, race_atomic_end - what is accessed in between counts as marked; they nest.
 * race_atomic_next - the same without an end, for a while: until the detector has looked at this thread
 *   @looks times more; 0 ends it.
 * race_claim_begin, race_claim_end - @claim holds in between; returns @claim.
 * Never sleep. Any context. The caller's own thread or handler only.
 */
void race_check(const void *at, size_t size, unsigned int type);
void race_claim_bits(const void *at, size_t size, unsigned long mask);
void race_pause(void);
void race_resume(void);
void race_atomic_begin(void);
void race_atomic_end(void);
void race_atomic_next(unsigned int looks);
struct race_claim *race_claim_begin(struct race_claim *claim);
void race_claim_end(struct race_claim **claim);

#else

static __always_inline void race_check(const void *at, size_t size, unsigned int type)
{
}

static __always_inline void race_claim_bits(const void *at, size_t size, unsigned long mask)
{
}

static __always_inline void race_pause(void)
{
}

static __always_inline void race_resume(void)
{
}

static __always_inline void race_atomic_begin(void)
{
}

static __always_inline void race_atomic_end(void)
{
}

static __always_inline void race_atomic_next(unsigned int looks)
{
}

static __always_inline struct race_claim *race_claim_begin(struct race_claim *claim)
{
	return claim;
}

static __always_inline void race_claim_end(struct race_claim **claim)
{
}

#endif

/* An instruction in assembly is about to access the @size bytes at @at, whole and marked. */
static __always_inline void instrument_atomic_read(const void *at, size_t size)
{
	race_check(at, size, RACE_MARKED);
}

static __always_inline void instrument_atomic_write(const void *at, size_t size)
{
	race_check(at, size, RACE_MARKED | RACE_WRITE);
}

static __always_inline void instrument_atomic_read_write(const void *at, size_t size)
{
	race_check(at, size, RACE_MARKED | RACE_WRITE | RACE_COMPOUND);
}

/*
 * data_race - the value of @expr, whose plain accesses may race: any value that they find will do. Say why.
 * Around a write it is no word for those who read meanwhile: they must say something of their own.
 */
#define data_race(expr)                                                                            \
	({                                                                                         \
		__auto_type __raced = (race_pause(), (expr));                                      \
		race_resume();                                                                     \
		__raced;                                                                           \
	})

/*
 * ASSERT_EXCLUSIVE_WRITER - nobody else writes @var at this moment, be it by a marked access.
 * ASSERT_EXCLUSIVE_ACCESS - nobody else accesses it at all.
 * ASSERT_EXCLUSIVE_BITS - nobody else changes its bits in @mask; the next access of @var, to read those
 *   bits, may be plain.
 * The _SCOPED forms hold up to the end of the block.
 */
#define ASSERT_EXCLUSIVE_WRITER(var)        race_check(&(var), sizeof(var), RACE_ASSERT)
#define ASSERT_EXCLUSIVE_ACCESS(var)        race_check(&(var), sizeof(var), RACE_ASSERT | RACE_WRITE)
#define ASSERT_EXCLUSIVE_BITS(var, mask)    race_claim_bits(&(var), sizeof(var), (unsigned long)(mask))
#define ASSERT_EXCLUSIVE_WRITER_SCOPED(var) __RACE_CLAIM(var, RACE_ASSERT)
#define ASSERT_EXCLUSIVE_ACCESS_SCOPED(var) __RACE_CLAIM(var, RACE_ASSERT | RACE_WRITE)
#define __RACE_CLAIM(var, kind)                                                                    \
	struct race_claim *__UNIQUE_ID(__claim)                                                    \
		__attribute__((__cleanup__(race_claim_end), __unused__)) = race_claim_begin(       \
			&(struct race_claim){ .at = &(var), .size = sizeof(var), .type = (kind) })
