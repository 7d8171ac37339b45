/* deadlock_wrong.c: a buffer of one item; who waits for room holds the lock that is needed to make some.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/deadlock_wrong.c
 */
#include "modules/explore.h"

static struct semaphore room, there; /* units: places that are free, and items */
static DEFINE_MUTEX(buffer_lock);
static int buffer, taken;

static void begin(void)
{
	sema_init(&room, 1);
	sema_init(&there, 0);
}

static void put_two(unsigned int me)
{
	for (int i = 1; i <= 2; i++) {
		mutex_lock(&buffer_lock);
		down(&room);
		buffer = i;
		mutex_unlock(&buffer_lock);
		up(&there);
	}
}

static void take_two(unsigned int me)
{
	for (int i = 1; i <= 2; i++) {
		mutex_lock(&buffer_lock);
		down(&there);
		explore_assert(buffer == i);
		taken++;
		mutex_unlock(&buffer_lock);
		up(&room);
	}
}

static bool all_taken(void)
{
	return taken == 2;
}

EXPLORE(2, .about = "who waits for room holds the buffer's lock", .setup = begin,
	.each = { put_two, take_two }, .check = all_taken);
MODULE_LICENSE("Dual MIT/GPL");
