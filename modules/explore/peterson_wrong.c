/* peterson_wrong.c: Peterson's lock as the books have it, which x86 breaks.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/peterson_wrong.c
 *
 * With MODEL=sc there is nothing wrong: Peterson proved that in 1981. But the store that says "I want" may
 * wait in the CPU's buffer while the load that asks "do you?" is done already, on both CPUs.
 */
#include "modules/explore.h"

static int wants[2], turn;
static int i;

static void enter(unsigned int me)
{
	WRITE_ONCE(wants[me], 1);
	WRITE_ONCE(turn, 1 - me);
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

EXPLORE(2, .about = "Peterson's lock without a fence", .run = increment, .check = is_2,
	.guard = "Peterson's lock");
MODULE_LICENSE("Dual MIT/GPL");
