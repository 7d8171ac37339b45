/* counter_wrong.c: i++ on two threads: 7 becomes 8.
 * SPDX-License-Identifier: MIT
 *
 * make explore MODULE=modules/explore/counter_wrong.c
 *
 * The textbooks' first table, made by the machine: i++ is one instruction, and yet two steps, for
 * other CPUs may come between its reading and its writing.
 */
#include "modules/explore.h"

static int i = 7;

static void increment(unsigned int me)
{
	i++;
}

static bool is_9(void)
{
	return i == 9;
}

EXPLORE(2, .about = "i++ on two threads", .run = increment, .check = is_9);
MODULE_LICENSE("Dual MIT/GPL");
