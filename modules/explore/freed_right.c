/* freed_right.c: an object with two users, of whom the last frees it.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/freed_right.c
 */
#include "modules/explore.h"

static struct {
	spinlock_t lock;
	int users; /* guarded by lock */
} object;

static void setup(void)
{
	spin_lock_init(&object.lock);
	object.users = 2;
	explore_object(&object, sizeof(object));
}

/* Who was the last is known under the lock, and then nobody else looks. */
static void leave(unsigned int me)
{
	bool last;

	spin_lock(&object.lock);
	last = --object.users == 0;
	spin_unlock(&object.lock);
	if (last)
		explore_free(&object);
}

EXPLORE(2, .about = "the last user frees", .setup = setup, .run = leave);
MODULE_LICENSE("Dual MIT/GPL");
