/* counter_right.c: i++ on two threads, under a lock.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/counter_right.c
 */
#include "modules/explore.h"

static DEFINE_SPINLOCK(lock);
static int i = 7; /* guarded by lock */

static void increment(unsigned int me)
{
	spin_lock(&lock);
	i++;
	spin_unlock(&lock);
}

static bool is_9(void)
{
	return i == 9;
}

EXPLORE(2, .about = "i++ under a spinlock", .run = increment, .check = is_9, .guard = "lock");
MODULE_LICENSE("Dual MIT/GPL");
