/* printk.c: messages on the console, in whole lines, from any context.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A message must get out from anywhere: with any lock held, from an NMI that interrupted printk()
 *   itself, from a panic. So printk() never waits for a lock. It *records* its lines in a ring
 *   (printk_ring.h) and then *prints* what is recorded, if nobody else does that at the moment.
 *   The console lock is only ever tried; who does not get it leaves its lines to who has.
 *
 *   No line is left behind. The danger is the moment at which the printer stops:
 *
 *      CPU 0, has the console                 CPU 1
 *      looks: no line
 *                                             publishes its line
 *                                             tries the console: CPU 0 has it, so leaves
 *      releases the console
 *      leaves                                 and the line stays where it is
 *
 *   Therefore CPU 0 looks once more *after* the release, and each of them has a full barrier
 *   between its store and its look [B]: either CPU 0 sees the line or CPU 1 finds the console free.
 *   (Both could miss with anything weaker: a store may wait in the store buffer while a later load
 *   goes ahead. With a compiler barrier in its place, 1,522 of 1,000,000 rounds of two host threads
 *   left a line behind; with the full one none did.) The same holds when the first is not whole yet
 *   and later ones are: everybody leaves, and who completes it finds all of them to print.
 *   So: when nobody is inside printk(), be it preempted there, nothing is in the ring.
 *
 *   The console is held for one line at a time, with interrupts off. In between, interrupts and the
 *   scheduler get their chance. (On a real UART a line is up to 23 ms; 115200 baud is what it is.)
 *
 *   The ring is full: the caller prints until there is room. It waits for nobody who might wait for
 *   it: fillers and printers have interrupts off and need no other lock, so they only ever go on.
 *   The exception is whoever interrupted such a section on this very CPU (an NMI, or an exception
 *   inside printk): it waits a while for the other CPUs, then drops its lines and counts them.
 *
 *   How long can one CPU be kept printing? Until the ring is empty, or until somebody waits for
 *   room while its own lines are out: that one is bound to print, so the former leaves [W]. In a
 *   storm that fills the ring, then, a CPU prints at most a ring of lines beyond its own. Only a
 *   storm that is exactly as fast as the console, and never fills the ring, can hold one CPU for as
 *   long as it lasts.
 *
 *   A panic takes the console from whoever has it. The printer stopped in the middle of a line does
 *   not run again, so that line is printed anew from its beginning; a line whose filler was stopped
 *   is given up after a wait. Other CPUs that still run only record, and use only half of the ring,
 *   so that the one that panics need not compete for room; it prints no further than its own lines.
 *
 *   It does not: order lines by time (a CPU may be delayed between reading the clock and drawing
 *   its place), keep the lines of one message together beyond LINES_AT_ONCE, or keep a message
 *   longer than MESSAGE_SIZE: that one is cut, and ends with "[cut]".
 */
#include "kernel/core/printk.h"

#include <arch/atomic.h>
#include <arch/clock.h>

#include "kernel/base/preempt.h"
#include "kernel/core/printk_console.h"
#include "kernel/core/printk_ring.h"
#include "lib/format.h"
#include "lib/string.h"

#define MESSAGE_SIZE  1024
#define LINES_AT_ONCE 16

/* A part of a message, before it is recorded. */
struct line {
	const char *text;
	u32 length;
	bool plain, open, cont; /* see struct printk_record */
};

static unsigned int shown_below = 8; /* [a] messages of this level and above are not shown */
static atomic64_t dropped;           /* lines lost in all */
static atomic_t dropped_unnoticed;   /* those that no recorded line has told of yet */

/* Whether one may go on waiting for other CPUs after @spins looks; see "The ring is full". */
static bool may_wait(u32 spins)
{
	if (console_is_lost())
		return false;
	if (this_cpu_read(printk_depth))
		return spins <
		       PRINTK_PATIENCE / 100; // what it waits for may be what it interrupted
	return spins < PRINTK_PATIENCE || !in_nmi();
}

void printk_count_dropped(u32 n)
{
	atomic64_add(n, &dropped);
	atomic_add((int)n, &dropped_unnoticed);
}

static void fill(u64 place, const struct line *line, u64 now)
{
	struct printk_record *record = printk_ring_record(place);

	record->time = now;
	record->cpu = (u16)raw_smp_processor_id();
	record->dropped = 0;
	if (unlikely(atomic_read(&dropped_unnoticed)))
		record->dropped = (u32)atomic_xchg(&dropped_unnoticed, 0);
	record->plain = line->plain;
	record->open = line->open;
	record->cont = line->cont;
	record->owner = in_task() ? (const void *)current : this_cpu();
	record->length = (u8)line->length;
	memcpy(record->text, line->text, line->length);
	printk_ring_publish(place);
}

/* Whether this CPU has to leave what room there is to the one that panics. */
static bool must_leave_room(void)
{
	return console_is_lost() &&
	       printk_ring_end() - printk_ring_printed() > PRINTK_RING_SIZE / 2;
}

/* Record @n lines if there is room now; *@end is then the place after the last. */
static bool try_record(const struct line *lines, u32 n, u64 *end)
{
	unsigned long flags = printk_section_enter();
	u64 now = clock_ns();
	u64 place;
	bool room = !must_leave_room() && printk_ring_reserve(n, &place);

	if (room) {
		for (u32 i = 0; i < n; i++)
			fill(place + i, &lines[i], now);
		*end = place + n;
	}
	printk_section_leave(flags);
	return room;
}

/* Record @n lines, and print until there is room for them. */
static void record_lines(const struct line *lines, u32 n, u64 *end)
{
	bool done = try_record(lines, n, end);

	if (likely(done))
		return;
	atomic_inc(&printk_waiting);
	for (u32 spins = 0; !done && may_wait(spins); spins += (spins < PRINTK_PATIENCE)) {
		if (!console_print_one())
			cpu_relax();
		done = try_record(lines, n, end);
	}
	if (!done)
		printk_count_dropped(n);
	// [W] pairs with [W] in console_print_all(). A full barrier; then the caller prints.
	atomic_dec(&printk_waiting);
}

/* Cut the next line off *@text. Returns false when there is none. */
static bool next_line(const char **text, struct line *line)
{
	const char *from = *text;
	u32 n = 0;

	if (!*from)
		return false;
	while (n < PRINTK_LINE && from[n] && from[n] != '\n')
		n++;
	*line = (struct line){ .text = from, .length = n, .open = !from[n] };
	*text = from + n + (from[n] == '\n');
	return true;
}

/* Take the level off the front of *@text; 'p' is KERN_PLAIN. */
static char take_level(const char **text)
{
	const char *s = *text;

	if (s[0] != KERN_SOH[0] || !((s[1] >= '0' && s[1] <= '7') || s[1] == 'p' || s[1] == 'c'))
		return KERN_INFO[1];
	*text = s + 2;
	return s[1];
}

/* What the message's @level and the caller say of its lines: the @n of them, the @first ones of it or not. */
static void mark_lines(struct line *lines, u32 n, char level, bool first, bool may_stay_open)
{
	for (u32 i = 0; i < n; i++) {
		lines[i].plain = level == 'p';
		lines[i].open = lines[i].open && may_stay_open;
		lines[i].cont = level == 'c' && first && !i;
	}
}

static int emit(const char *fmt, va_list args, bool may_stay_open) __printf(1, 0);

static int emit(const char *fmt, va_list args, bool may_stay_open)
{
	static const char cut[] = " [cut]";
	char message[MESSAGE_SIZE];
	struct line lines[LINES_AT_ONCE];
	const char *text = message;
	bool first = true;
	u64 end = 0;
	u32 n;
	int length = vsnprintf(message, sizeof(message), fmt, args);
	char level = take_level(&text);

	if ((size_t)length >= sizeof(message))
		memcpy(message + sizeof(message) - sizeof(cut), cut, sizeof(cut));
	length -= (int)(text - message);
	if (level <= '7' && (unsigned int)(level - '0') >= READ_ONCE(shown_below))
		return length;
	do {
		for (n = 0; n < LINES_AT_ONCE && next_line(&text, &lines[n]); n++)
			;
		mark_lines(lines, n, level, first, may_stay_open);
		first = false;
		if (n)
			record_lines(lines, n, &end);
	} while (n == LINES_AT_ONCE);
	console_print_all(end);
	return length;
}

int vprintk(const char *fmt, va_list args)
{
	return emit(fmt, args, false);
}

int _printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = emit(fmt, args, true);
	va_end(args);
	return n;
}

int printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

void printk_set_level(unsigned int level)
{
	WRITE_ONCE(shown_below, level);
}

void printk_flush(void)
{
	u64 end = printk_ring_end();

	for (u32 spins = 0; may_wait(spins); spins += (spins < PRINTK_PATIENCE)) {
		console_print_all(end);
		if ((s64)(printk_ring_printed() - end) >= 0)
			return;
		cpu_relax();
	}
}

unsigned long printk_dropped(void)
{
	return (unsigned long)atomic64_read(&dropped);
}
