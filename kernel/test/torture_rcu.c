/* torture_rcu.c: read-copy-update under torture: readers look at what a writer has replaced meanwhile.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/test/torture.h"

static struct guarded *published; /* readers follow it; under `writing` it changes */
static struct mutex writing;

static void begin(void)
{
	mutex_init(&writing);
	published = kzalloc(sizeof(*published), GFP_KERNEL);
	BUG_ON(!published);
}

static void end(void)
{
	kfree(published);
	published = NULL;
}

static const struct guarded *data(void)
{
	return published;
}

static bool read(struct torture_hold *hold)
{
	rcu_read_lock();
	hold->data = rcu_dereference(published);
	return true;
}

static void end_read(struct torture_hold *hold)
{
	rcu_read_unlock();
}

/* A reader that says nothing: nobody waits for it, and it may lose its CPU. */
static bool read_nothing(struct torture_hold *hold)
{
	hold->data = READ_ONCE(published);
	return true;
}

/* A writer updates a copy, */
static bool copy(struct torture_hold *hold)
{
	mutex_lock(&writing);
	hold->data = kmalloc(sizeof(*hold->data), GFP_KERNEL);
	BUG_ON(!hold->data);
	*hold->data = *published;
	return true;
}

/* and takes the old one away. Each word of it is then another: whoever still reads it, sees it. */
static void take_away(struct guarded *old)
{
	for (unsigned int i = 0; i < GUARDED_WORDS; i++)
		WRITE_ONCE(old->words[i], ~0UL - i);
	kfree(old);
}

/* Make the copy the one that is read; returns the old one. */
static struct guarded *swap_copy(struct torture_hold *hold)
{
	struct guarded *old = published;

	rcu_assign_pointer(published, hold->data);
	mutex_unlock(&writing);
	return old;
}

static void publish(struct torture_hold *hold)
{
	struct guarded *old = swap_copy(hold);

	synchronize_rcu();
	take_away(old);
}

static void publish_hastily(struct torture_hold *hold)
{
	take_away(swap_copy(hold));
}

static const struct torture_way readers[] = {
	TORTURE_WAY("rcu_read_lock", read, end_read, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way writers[] = {
	TORTURE_WAY("synchronize_rcu", copy, publish, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way hasty_readers[] = {
	TORTURE_WAY("nothing", read_nothing, torture_release_nothing, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way hasty_writers[] = {
	TORTURE_WAY("no grace period", copy, publish_hastily, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops rcu_twin = {
	.name = "rcu",
	.broken = "memory that is given back at once",
	.readers_see_writers = true,
	.writers = hasty_writers,
	.readers = hasty_readers,
	.irq_readers = readers,
	.init = begin,
	.exit = end,
	.data = data,
};

TORTURE(rcu) = {
	.name = "rcu",
	.twin = &rcu_twin,
	.readers_see_writers = true,
	.writers = writers,
	.readers = readers,
	.irq_readers = readers,
	.init = begin,
	.exit = end,
	.data = data,
};

/* ---- SRCU: its readers sleep, and are moved, and it calls back --------------------------------------- */

DEFINE_STATIC_SRCU(srcu);

static bool srcu_read(struct torture_hold *hold)
{
	hold->word = (unsigned long)srcu_read_lock(&srcu);
	hold->data = srcu_dereference(published, &srcu);
	return true;
}

static void srcu_end_read(struct torture_hold *hold)
{
	srcu_read_unlock(&srcu, (int)hold->word);
}

static void srcu_publish(struct torture_hold *hold)
{
	struct guarded *old = swap_copy(hold);

	synchronize_srcu(&srcu);
	take_away(old);
}

/* The old copy, and what calls back for it. */
struct taken {
	struct rcu_head head;
	struct guarded *old;
};

static void take_away_later(struct rcu_head *head)
{
	struct taken *taken = container_of(head, struct taken, head);

	take_away(taken->old);
	kfree(taken);
}

static void srcu_publish_and_go(struct torture_hold *hold)
{
	struct taken *taken = kmalloc(sizeof(*taken), GFP_KERNEL);

	BUG_ON(!taken);
	taken->old = swap_copy(hold);
	call_srcu(&srcu, &taken->head, take_away_later);
}

static s64 readers_of_pair(int idx)
{
	s64 n = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		n += atomic64_read(&srcu.counts[cpu].begins[idx]) -
		     atomic64_read(&srcu.counts[cpu].ends[idx]);
	return n;
}

/* Wait for the readers of one pair: of the one in which none begins. */
static void publish_after_one_pair(struct torture_hold *hold)
{
	struct guarded *old = swap_copy(hold);

	while (readers_of_pair(!(READ_ONCE(srcu.idx) & 1)))
		usleep_range(50, 100);
	take_away(old);
}

static void srcu_end(void)
{
	srcu_barrier(&srcu);
	end();
}

static bool srcu_ends_well(void)
{
	return !srcu_readers_active(&srcu);
}

static const struct torture_way srcu_readers[] = {
	TORTURE_WAY("srcu_read_lock", srcu_read, srcu_end_read, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way srcu_writers[] = {
	TORTURE_WAY("synchronize_srcu", copy, srcu_publish, WAY_WAITS),
	TORTURE_WAY("call_srcu", copy, srcu_publish_and_go, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_way one_pair_writers[] = {
	TORTURE_WAY("one pair", copy, publish_after_one_pair, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops srcu_twin = {
	.name = "srcu",
	.broken = "a grace period that does not wait for the pair that was current",
	.readers_see_writers = true,
	.writers = one_pair_writers,
	.readers = srcu_readers,
	.irq_readers = srcu_readers,
	.init = begin,
	.exit = srcu_end,
	.data = data,
};

TORTURE(srcu) = {
	.name = "srcu",
	.twin = &srcu_twin,
	.readers_see_writers = true,
	.writers = srcu_writers,
	.readers = srcu_readers,
	.irq_readers = srcu_readers,
	.init = begin,
	.exit = srcu_end,
	.data = data,
	.ends_well = srcu_ends_well,
};
