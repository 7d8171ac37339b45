/* torture_spin.c: the spinning locks under torture.
 * SPDX-License-Identifier: MIT
 *
 * The twin of each takes nothing: neither the lock nor the CPU. So threads meet inside also where there
 * is one CPU only, and handlers interrupt whoever is inside.
 */
#include "kernel/locking/spin/osq.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/torture.h"
#include "lib/format.h"

static const struct torture_way nothing[] = {
	TORTURE_WAY("nothing", torture_take_nothing, torture_release_nothing, WAY_WAITS),
	TORTURE_END,
};

#define TWIN_OF_NOTHING(lock)                                                                      \
	static const struct torture_ops lock##_twin = {                                            \
		.name = #lock,                                                                     \
		.broken = "a lock that does nothing",                                              \
		.writers = nothing,                                                                \
	}

#define IRQ_TWIN_OF_NOTHING(lock)                                                                  \
	static const struct torture_ops lock##_twin = {                                            \
		.name = #lock,                                                                     \
		.broken = "a lock that does nothing",                                              \
		.writers = nothing,                                                                \
		.irq_writers = nothing,                                                            \
	}

/* Ways from functions that return nothing, or whether they took the lock. */
#define TAKE(fn, call)                                                                             \
	static bool take_##fn(struct torture_hold *hold)                                           \
	{                                                                                          \
		call;                                                                              \
		return true;                                                                       \
	}
#define TRY(fn, call)                                                                              \
	static bool take_##fn(struct torture_hold *hold)                                           \
	{                                                                                          \
		return call;                                                                       \
	}
#define RELEASE(fn, call)                                                                          \
	static void release_##fn(struct torture_hold *hold)                                        \
	{                                                                                          \
		call;                                                                              \
	}
#define WAY(take, release)     TORTURE_WAY(#take, take_##take, release_##release, WAY_WAITS)
#define TRY_WAY(take, release) TORTURE_WAY(#take, take_##take, release_##release, WAY_BY_ITSELF)

/* The ticket that is served says who is inside, where a lock has a word to say it with. */
#if SPIN_HAS_WORD
#define RAW_OWNER(lock) READ_ONCE((lock)->word.owner)
#define RAW_NEXT(lock)  READ_ONCE((lock)->word.next)
#define IF_WORD(turn)   (turn)
#else
#define RAW_OWNER(lock) 0
#define RAW_NEXT(lock)  0
#define IF_WORD(turn)   (0 ? (turn) : NULL)
#endif

/* raw_spin_lock */
static raw_spinlock_t raw;

static void raw_init(void)
{
	raw_spin_lock_init_unwatched(&raw);
}

static u32 raw_turn(const struct torture_hold *hold)
{
	return RAW_OWNER(&raw);
}

static void raw_describe(char *buf, size_t n)
{
	snprintf(buf, n, "serves ticket %u, next is %u", RAW_OWNER(&raw), RAW_NEXT(&raw));
}

static bool raw_is_free(void)
{
	return !raw_spin_is_locked(&raw);
}

TAKE(raw_spin_lock, raw_spin_lock(&raw))
TRY(raw_spin_trylock, raw_spin_trylock(&raw))
RELEASE(raw_spin_unlock, raw_spin_unlock(&raw))

static const struct torture_way raw_ways[] = {
	WAY(raw_spin_lock, raw_spin_unlock),
	TRY_WAY(raw_spin_trylock, raw_spin_unlock),
	TORTURE_END,
};

TWIN_OF_NOTHING(raw_spin_lock);
TORTURE(raw_spin_lock) = {
	.name = "raw_spin_lock",
	.twin = &raw_spin_lock_twin,
	.writers = raw_ways,
	.init = raw_init,
	.turn = IF_WORD(raw_turn),
	.describe = raw_describe,
	.ends_well = raw_is_free,
};

TAKE(raw_spin_lock_irq, raw_spin_lock_irq(&raw))
TAKE(raw_spin_lock_irqsave, raw_spin_lock_irqsave(&raw, hold->word))
RELEASE(raw_spin_unlock_irq, raw_spin_unlock_irq(&raw))
RELEASE(raw_spin_unlock_irqrestore, raw_spin_unlock_irqrestore(&raw, hold->word))

static const struct torture_way raw_irq_ways[] = {
	WAY(raw_spin_lock_irq, raw_spin_unlock_irq),
	WAY(raw_spin_lock_irqsave, raw_spin_unlock_irqrestore),
	TORTURE_END,
};

IRQ_TWIN_OF_NOTHING(raw_spin_lock_irq);
TORTURE(raw_spin_lock_irq) = {
	.name = "raw_spin_lock_irq",
	.twin = &raw_spin_lock_irq_twin,
	.writers = raw_irq_ways,
	.irq_writers = raw_ways,
	.init = raw_init,
	.turn = IF_WORD(raw_turn),
	.describe = raw_describe,
	.ends_well = raw_is_free,
};

/* spin_lock, spin_lock_irq */
static spinlock_t spin;

static void spin_init(void)
{
	spin_lock_init(&spin);
}

/* Initialized by another line, it is of another class, whose locks handlers take. */
static void spin_irq_init(void)
{
	spin_lock_init(&spin);
}

static u32 spin_turn(const struct torture_hold *hold)
{
	return RAW_OWNER(&spin);
}

static void spin_describe(char *buf, size_t n)
{
	snprintf(buf, n, "serves ticket %u, next is %u", RAW_OWNER(&spin), RAW_NEXT(&spin));
}

static bool spin_is_free(void)
{
	return !spin_is_locked(&spin);
}

TAKE(spin_lock, spin_lock(&spin))
TRY(spin_trylock, spin_trylock(&spin))
RELEASE(spin_unlock, spin_unlock(&spin))

static const struct torture_way spin_ways[] = {
	WAY(spin_lock, spin_unlock),
	TRY_WAY(spin_trylock, spin_unlock),
	TORTURE_END,
};

TWIN_OF_NOTHING(spin_lock);
TORTURE(spin_lock) = {
	.name = "spin_lock",
	.twin = &spin_lock_twin,
	.writers = spin_ways,
	.init = spin_init,
	.turn = IF_WORD(spin_turn),
	.describe = spin_describe,
	.ends_well = spin_is_free,
};

TAKE(spin_lock_irq, spin_lock_irq(&spin))
TAKE(spin_lock_irqsave, spin_lock_irqsave(&spin, hold->word))
TRY(spin_trylock_irq, spin_trylock_irq(&spin))
TRY(spin_trylock_irqsave, spin_trylock_irqsave(&spin, hold->word))
RELEASE(spin_unlock_irq, spin_unlock_irq(&spin))
RELEASE(spin_unlock_irqrestore, spin_unlock_irqrestore(&spin, hold->word))

static const struct torture_way spin_irq_ways[] = {
	WAY(spin_lock_irq, spin_unlock_irq),
	WAY(spin_lock_irqsave, spin_unlock_irqrestore),
	TRY_WAY(spin_trylock_irq, spin_unlock_irq),
	TRY_WAY(spin_trylock_irqsave, spin_unlock_irqrestore),
	TORTURE_END,
};

IRQ_TWIN_OF_NOTHING(spin_lock_irq);
TORTURE(spin_lock_irq) = {
	.name = "spin_lock_irq",
	.twin = &spin_lock_irq_twin,
	.writers = spin_irq_ways,
	.irq_writers = spin_ways,
	.init = spin_irq_init,
	.turn = IF_WORD(spin_turn),
	.describe = spin_describe,
	.ends_well = spin_is_free,
};

/* spin_lock_bh: threads keep softirqs off while they hold it, and those take it plainly. As spin_irq_init(): */
static void spin_bh_init(void)
{
	spin_lock_init(&spin);
}

TAKE(spin_lock_bh, spin_lock_bh(&spin))
TRY(spin_trylock_bh, spin_trylock_bh(&spin))
RELEASE(spin_unlock_bh, spin_unlock_bh(&spin))

static const struct torture_way spin_bh_ways[] = {
	WAY(spin_lock_bh, spin_unlock_bh),
	TRY_WAY(spin_trylock_bh, spin_unlock_bh),
	TORTURE_END,
};

/* Each side of the twin excludes its own kind only. So it shows that a softirq does come on top of a thread. */
static DEFINE_SPINLOCK(spin_of_softirqs);

TAKE(other_spin_lock, spin_lock(&spin_of_softirqs))
RELEASE(other_spin_unlock, spin_unlock(&spin_of_softirqs))

static const struct torture_way other_spin_ways[] = {
	WAY(other_spin_lock, other_spin_unlock),
	TORTURE_END,
};

static const struct torture_ops spin_lock_bh_twin = {
	.name = "spin_lock_bh",
	.broken = "softirqs that take another lock",
	.irq_is_soft = true,
	.writers = spin_ways,
	.irq_writers = other_spin_ways,
	.init = spin_init,
};

TORTURE(spin_lock_bh) = {
	.name = "spin_lock_bh",
	.twin = &spin_lock_bh_twin,
	.irq_is_soft = true,
	.writers = spin_bh_ways,
	.irq_writers = spin_ways,
	.init = spin_bh_init,
	.turn = IF_WORD(spin_turn),
	.describe = spin_describe,
	.ends_well = spin_is_free,
};

/* rw_lock, rw_lock_irq */
static rwlock_t rw;

static void rw_init(void)
{
	rwlock_init(&rw);
}

/* As spin_irq_init(). */
static void rw_irq_init(void)
{
	rwlock_init(&rw);
}

TAKE(read_lock, read_lock(&rw))
TAKE(write_lock, write_lock(&rw))
TRY(read_trylock, read_trylock(&rw))
TRY(write_trylock, write_trylock(&rw))
RELEASE(read_unlock, read_unlock(&rw))
RELEASE(write_unlock, write_unlock(&rw))

static const struct torture_way read_ways[] = {
	WAY(read_lock, read_unlock),
	TRY_WAY(read_trylock, read_unlock),
	TORTURE_END,
};

static const struct torture_way write_ways[] = {
	WAY(write_lock, write_unlock),
	TRY_WAY(write_trylock, write_unlock),
	TORTURE_END,
};

/* Taken by writers and not by readers. */
static const struct torture_ops rw_lock_twin = {
	.name = "rw_lock",
	.broken = "readers that ignore writers",
	.writers = write_ways,
	.readers = nothing,
	.init = rw_init,
};

TORTURE(rw_lock) = {
	.name = "rw_lock",
	.twin = &rw_lock_twin,
	.writers = write_ways,
	.readers = read_ways,
	.init = rw_init,
};

TAKE(read_lock_irq, read_lock_irq(&rw))
TAKE(read_lock_irqsave, read_lock_irqsave(&rw, hold->word))
TAKE(write_lock_irq, write_lock_irq(&rw))
TAKE(write_lock_irqsave, write_lock_irqsave(&rw, hold->word))
RELEASE(read_unlock_irq, read_unlock_irq(&rw))
RELEASE(read_unlock_irqrestore, read_unlock_irqrestore(&rw, hold->word))
RELEASE(write_unlock_irq, write_unlock_irq(&rw))
RELEASE(write_unlock_irqrestore, write_unlock_irqrestore(&rw, hold->word))

static const struct torture_way read_irq_ways[] = {
	WAY(read_lock_irq, read_unlock_irq),
	WAY(read_lock_irqsave, read_unlock_irqrestore),
	TORTURE_END,
};

static const struct torture_way write_irq_ways[] = {
	WAY(write_lock_irq, write_unlock_irq),
	WAY(write_lock_irqsave, write_unlock_irqrestore),
	TORTURE_END,
};

static const struct torture_ops rw_lock_irq_twin = {
	.name = "rw_lock_irq",
	.broken = "writers that ignore readers",
	.writers = nothing,
	.readers = read_irq_ways,
	.irq_readers = read_ways,
	.init = rw_irq_init,
};

TORTURE(rw_lock_irq) = {
	.name = "rw_lock_irq",
	.twin = &rw_lock_irq_twin,
	.writers = write_irq_ways,
	.readers = read_irq_ways,
	.irq_writers = write_ways,
	.irq_readers = read_ways,
	.init = rw_irq_init,
};

/* osq_lock: a queue that one may leave, when the CPU is wanted. */
static struct osq osq;

static void osq_begin(void)
{
	osq_init(&osq);
}

static bool take_osq_lock(struct torture_hold *hold)
{
	preempt_disable();
	if (osq_lock(&osq))
		return true;
	preempt_enable();
	return false;
}

static void release_osq_unlock(struct torture_hold *hold)
{
	osq_unlock(&osq);
	preempt_enable();
}

static const struct torture_way osq_ways[] = {
	TRY_WAY(osq_lock, osq_unlock),
	TORTURE_END,
};

static bool osq_is_free(void)
{
	return !osq_is_locked(&osq);
}

TWIN_OF_NOTHING(osq);
TORTURE(osq) = {
	.name = "osq",
	.twin = &osq_twin,
	.writers = osq_ways,
	.init = osq_begin,
	.ends_well = osq_is_free,
};
