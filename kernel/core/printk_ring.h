/* printk_ring.h: the lines that are recorded and not yet on the console.
 * SPDX-License-Identifier: MIT
 *
 * Many CPUs record at the same time; one at a time takes lines out. printk.c is the only user.
 *
 *    tail: the next to print                  head: the next to give away
 *      |                                        |
 *      v                                        v
 *   ---+--------+--------+--------+--------+----+----    a place is a number that only grows;
 *      | whole  | being  | whole  | being  |             its slot is place % PRINTK_RING_SIZE
 *      |        | filled |        | filled |
 *   ---+--------+--------+--------+--------+---------
 *
 * A line is out of order never and out of turn neither: the second one above has to be whole before
 * the third is printed. So whoever fills it has interrupts off meanwhile, and fills from memory
 * that is ready: the hole is a few hundred instructions wide.
 */
#pragma once

#include "kernel/core/printk.h"

#define PRINTK_RING_SIZE 512

/*
 * A slot. `published` is place + 1 once the line of `place` is whole, and something smaller before,
 * so that a slot needs no cleaning between two laps, and a zeroed ring is an empty one.
 */
struct printk_record {
	u64 published;     /* [a] see above; the rest is the filler's before, the printer's after */
	u64 time;          /* clock_ns() when the line drew its place */
	u32 dropped;       /* lines that were lost just before this one */
	u16 cpu;           /* who recorded it */
	u8 length;         /* of text */
	bool plain;        /* no prefix */
	bool open;         /* its message had no "\n" at the end, and may be continued */
	bool cont;         /* goes on the line before, if that is open and of the same owner */
	const void *owner; /* the thread, or the CPU if it was recorded in an interrupt */
	char text[PRINTK_LINE]; /* not terminated */
};

/*
 * printk_ring_reserve - draw @n places in a row, the first of which is stored in *@place.
 * Never sleeps, and waits for nobody. Any context; interrupts off until the last one is published.
 * Returns false when there is no room for them.
 */
bool printk_ring_reserve(u32 n, u64 *place);

/* The slot of @place: the caller's between reserve and publish. */
struct printk_record *printk_ring_record(u64 place);

/* printk_ring_publish - the line at @place is whole. Never sleeps. Any context. */
void printk_ring_publish(u64 place);

/*
 * printk_ring_first - the line to be printed next, or NULL when it is not there or not whole yet;
 * *@place is its place either way.
 * printk_ring_pop - the line at @place, the first, is done with.
 * Never sleep. Any context. Without the console the answer of the former is a hint, and it may be
 * late only if a CPU that has the console will look again.
 */
struct printk_record *printk_ring_first(u64 *place);
void printk_ring_pop(u64 place);

/* printk_ring_recall - copy the line that was at @place, printed or not. Returns whether it is still, or already, there. */
bool printk_ring_recall(u64 place, struct printk_record *copy);

/* printk_ring_end - the place to be drawn next. printk_ring_printed - those below it are done. */
u64 printk_ring_end(void);
u64 printk_ring_printed(void);
