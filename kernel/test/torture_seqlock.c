/* torture_seqlock.c: the ticket lock, the fair rwlock, the MCS lock and the seqlock under torture.
 * SPDX-License-Identifier: MIT
 *
 * The twins take nothing where it matters: see torture_spin.c.
 */
#include "kernel/base/preempt.h"
#include "kernel/locking/spin/mcs.h"
#include "kernel/locking/spin/rwlock_fair.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/locking/spin/ticket.h"
#include "kernel/test/torture.h"

static const struct torture_way nothing[] = {
	TORTURE_WAY("nothing", torture_take_nothing, torture_release_nothing, WAY_WAITS),
	TORTURE_END,
};

/* ticket: the tickets are in the open, so they can be drawn by hand. */
static struct ticket_lock ticket;

static void ticket_begin(void)
{
	ticket_init(&ticket);
}

/* ticket_lock() step by step: what it draws is noted, plus 1. */
static bool ticket_by_hand(struct torture_hold *hold)
{
	u32 drawn;

	preempt_disable();
	drawn = ticket_draw(&ticket);
	if ((u16)drawn != (u16)(drawn >> 16))
		ticket_wait(&ticket, (u16)(drawn >> 16));
	hold->word = (drawn >> 16) + 1;
	return true;
}

static bool ticket_take(struct torture_hold *hold)
{
	preempt_disable();
	ticket_lock(&ticket);
	return true;
}

static bool ticket_try(struct torture_hold *hold)
{
	preempt_disable();
	if (ticket_trylock(&ticket))
		return true;
	preempt_enable();
	return false;
}

static void ticket_release(struct torture_hold *hold)
{
	ticket_unlock(&ticket);
	preempt_enable();
}

/* The ticket that is served says who is inside; one that was drawn by hand is known from before. */
static u32 ticket_turn(const struct torture_hold *hold)
{
	return hold->word ? (u32)hold->word - 1 : READ_ONCE(ticket.owner);
}

static const struct torture_way ticket_ways[] = {
	TORTURE_WAY("ticket_lock", ticket_take, ticket_release, WAY_WAITS),
	TORTURE_WAY("ticket_draw", ticket_by_hand, ticket_release, WAY_WAITS),
	TORTURE_WAY("ticket_trylock", ticket_try, ticket_release, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_ops ticket_twin = {
	.name = "ticket",
	.broken = "a lock that does nothing",
	.writers = nothing,
};

TORTURE(ticket) = {
	.name = "ticket",
	.twin = &ticket_twin,
	.writers = ticket_ways,
	.init = ticket_begin,
	.turn = ticket_turn,
};

/* rw_lock_fair */
static struct rwlock_fair fair;

static void fair_begin(void)
{
	rwlock_fair_init(&fair);
}

static bool fair_read(struct torture_hold *hold)
{
	preempt_disable();
	rwlock_fair_read_lock(&fair);
	return true;
}

static bool fair_try_read(struct torture_hold *hold)
{
	preempt_disable();
	if (rwlock_fair_read_trylock(&fair))
		return true;
	preempt_enable();
	return false;
}

static void fair_end_read(struct torture_hold *hold)
{
	rwlock_fair_read_unlock(&fair);
	preempt_enable();
}

static bool fair_write(struct torture_hold *hold)
{
	preempt_disable();
	rwlock_fair_write_lock(&fair);
	return true;
}

static bool fair_try_write(struct torture_hold *hold)
{
	preempt_disable();
	if (rwlock_fair_write_trylock(&fair))
		return true;
	preempt_enable();
	return false;
}

static void fair_end_write(struct torture_hold *hold)
{
	rwlock_fair_write_unlock(&fair);
	preempt_enable();
}

static const struct torture_way fair_readers[] = {
	TORTURE_WAY("rwlock_fair_read_lock", fair_read, fair_end_read, WAY_WAITS),
	TORTURE_WAY("rwlock_fair_read_trylock", fair_try_read, fair_end_read, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way fair_writers[] = {
	TORTURE_WAY("rwlock_fair_write_lock", fair_write, fair_end_write, WAY_WAITS),
	TORTURE_WAY("rwlock_fair_write_trylock", fair_try_write, fair_end_write, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_ops rw_lock_fair_twin = {
	.name = "rw_lock_fair",
	.broken = "readers that ignore writers",
	.writers = fair_writers,
	.readers = nothing,
	.init = fair_begin,
};

TORTURE(rw_lock_fair) = {
	.name = "rw_lock_fair",
	.twin = &rw_lock_fair_twin,
	.writers = fair_writers,
	.readers = fair_readers,
	.init = fair_begin,
};

/* mcs: the node is on the holder's stack */
static struct mcs_spinlock *mcs;

static bool take_mcs(struct torture_hold *hold)
{
	BUILD_BUG_ON(sizeof(struct mcs_spinlock) > sizeof(hold->room));
	preempt_disable();
	mcs_spin_lock(&mcs, (struct mcs_spinlock *)hold->room);
	return true;
}

static void release_mcs(struct torture_hold *hold)
{
	mcs_spin_unlock(&mcs, (struct mcs_spinlock *)hold->room);
	preempt_enable();
}

static bool mcs_is_free(void)
{
	return !mcs_is_locked(&mcs);
}

static const struct torture_way mcs_ways[] = {
	TORTURE_WAY("mcs_spin_lock", take_mcs, release_mcs, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops mcs_twin = {
	.name = "mcs",
	.broken = "a lock that does nothing",
	.writers = nothing,
};

TORTURE(mcs) = {
	.name = "mcs",
	.twin = &mcs_twin,
	.writers = mcs_ways,
	.ends_well = mcs_is_free,
};

/* seqlock: readers see writers at work, and what they saw then does not count */
static seqlock_t seq;

static void seq_begin(void)
{
	seqlock_init(&seq);
}

static bool seq_read(struct torture_hold *hold)
{
	hold->word = read_seqbegin(&seq);
	return true;
}

static bool seq_valid(struct torture_hold *hold)
{
	return !read_seqretry(&seq, (unsigned int)hold->word);
}

static bool seq_write(struct torture_hold *hold)
{
	write_seqlock(&seq);
	return true;
}

static void seq_end_write(struct torture_hold *hold)
{
	write_sequnlock(&seq);
}

static bool seq_read_excl(struct torture_hold *hold)
{
	read_seqlock_excl(&seq);
	return true;
}

static void seq_end_excl(struct torture_hold *hold)
{
	read_sequnlock_excl(&seq);
}

static bool always(struct torture_hold *hold)
{
	return true;
}

#define SEQ_READ(is_valid)                                                                         \
	{                                                                                          \
		.name = "read_seqbegin", .take = seq_read, .release = torture_release_nothing,     \
		.patience = WAY_WAITS, .valid = (is_valid),                                        \
	}

static const struct torture_way seq_readers[] = {
	SEQ_READ(seq_valid),
	TORTURE_WAY("read_seqlock_excl", seq_read_excl, seq_end_excl, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way seq_hasty_readers[] = { SEQ_READ(always), TORTURE_END };

static const struct torture_way seq_writers[] = {
	TORTURE_WAY("write_seqlock", seq_write, seq_end_write, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops seqlock_twin = {
	.name = "seqlock",
	.broken = "readers that never try again",
	.readers_see_writers = true,
	.writers = seq_writers,
	.readers = seq_hasty_readers,
	.init = seq_begin,
};

TORTURE(seqlock) = {
	.name = "seqlock",
	.twin = &seqlock_twin,
	.readers_see_writers = true,
	.writers = seq_writers,
	.readers = seq_readers,
	.init = seq_begin,
};
