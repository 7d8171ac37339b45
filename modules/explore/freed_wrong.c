/* freed_wrong.c: an object with two users, who look without a lock whether they were the last.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/freed_wrong.c
 */
#include "modules/explore.h"

static struct {
	spinlock_t lock;
	int users;
} object;

static void setup(void)
{
	spin_lock_init(&object.lock);
	object.users = 2;
	explore_object(&object, sizeof(object));
}

/* The other one may have freed it between the release and the look, or see the same 0. */
static void leave(unsigned int me)
{
	spin_lock(&object.lock);
	object.users--;
	spin_unlock(&object.lock);
	if (!READ_ONCE(object.users))
		explore_free(&object);
}

EXPLORE(2, .about = "the last user frees, or who takes itself for it", .setup = setup,
	.run = leave);
MODULE_LICENSE("Dual MIT/GPL");
