/* peterson_right.c: Peterson's lock, with the fence that x86 needs.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/peterson_right.c
 */
#include "modules/explore.h"

static int wants[2], turn;
static int i;

static void enter(unsigned int me)
{
	WRITE_ONCE(wants[me], 1);
	WRITE_ONCE(turn, 1 - me);
	smp_mb(); // What I want is known before I look at what you want.
	while (READ_ONCE(wants[1 - me]) && READ_ONCE(turn) == 1 - me)
		cpu_relax();
}

static void leave(unsigned int me)
{
	smp_store_release(&wants[me], 0);
}

static void increment(unsigned int me)
{
	enter(me);
	i++;
	leave(me);
}

static bool is_2(void)
{
	return i == 2;
}

EXPLORE(2, .about = "Peterson's lock with a fence", .run = increment, .check = is_2,
	.guard = "Peterson's lock");
MODULE_LICENSE("Dual MIT/GPL");
