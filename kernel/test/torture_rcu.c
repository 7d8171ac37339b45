/* torture_rcu.c: read-copy-update under torture: readers look at what a writer has replaced meanwhile.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/mutex.h"
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

static void publish(struct torture_hold *hold)
{
	struct guarded *old = published;

	rcu_assign_pointer(published, hold->data);
	mutex_unlock(&writing);
	synchronize_rcu();
	take_away(old);
}

static void publish_hastily(struct torture_hold *hold)
{
	struct guarded *old = published;

	rcu_assign_pointer(published, hold->data);
	mutex_unlock(&writing);
	take_away(old);
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
