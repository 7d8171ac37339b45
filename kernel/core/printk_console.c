/* printk_console.c: who prints, and when it may stop: the theory is in printk.c.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/printk_console.h"

#include <arch/clock.h>
#include <arch/console.h>

#include "kernel/core/printk.h"
#include "kernel/core/printk_ring.h"
#include "kernel/locking/spin/ticket.h"
#include "lib/format.h"

#define NOBODY NR_CPUS

/* Nobody waits for it, and an NMI may come upon it: a word even where spinlocks have none (word.h). */
static struct ticket_lock console_lock = TICKET_LOCK_FREE;
static u32 console_owner = NOBODY;           /* [a] the CPU that panics: it needs no lock */
static u32 panic_patience = PRINTK_PATIENCE; /* what that one may still wait for others */

atomic_t printk_waiting;
DEFINE_PER_CPU(u32, printk_depth);

static bool panic_owns_console(void)
{
	return READ_ONCE(console_owner) != NOBODY;
}

static bool this_cpu_panics(void)
{
	u32 owner = READ_ONCE(console_owner);

	// In this order: a thread may migrate in between, but not away from a CPU that panics.
	return owner == raw_smp_processor_id();
}

static void (*tap)(const char *text, size_t length); /* [a] */

void printk_set_tap(void (*function)(const char *text, size_t length))
{
	WRITE_ONCE(tap, function);
}

static void write(const char *text, size_t length)
{
	void (*heard)(const char *, size_t) = READ_ONCE(tap);

	if (heard)
		heard(text, length);
	console_write(text, length);
}

static void write_prefix(const struct printk_record *record)
{
	char prefix[48];
	unsigned long us = (unsigned long)(record->time / 1000);
	int n = scnprintf(prefix, sizeof(prefix), "[%5lu.%06lu] cpu%u: ", us / 1000000,
			  us % 1000000, record->cpu);

	write(prefix, (size_t)n);
}

/* Whose line has no end yet; NULL: there is none. It belongs to whoever has the console. */
static const void *open_by;

static void write_record(const struct printk_record *record)
{
	bool joins = record->cont && open_by == record->owner && !record->dropped;
	char notice[48];

	if (open_by && !joins)
		write("\n", 1);
	if (record->dropped) {
		int n = scnprintf(notice, sizeof(notice), "printk: lines dropped here: %u\n",
				  record->dropped);

		write_prefix(record);
		write(notice, (size_t)n);
	}
	if (!record->plain && !joins)
		write_prefix(record);
	write(record->text, record->length);
	open_by = record->open ? record->owner : NULL;
	if (!open_by)
		write("\n", 1);
}

/* Print the first line, if it is whole. Caller has the console. */
static void print_first(void)
{
	u64 place;
	const struct printk_record *record = printk_ring_first(&place);

	if (!record)
		return;
	write_record(record);
	printk_ring_pop(place);
}

/* The same for the CPU that panics: a line that does not get whole is given up. */
static void print_first_in_panic(void)
{
	u64 place;
	const struct printk_record *record = printk_ring_first(&place);

	for (; !record && panic_patience; panic_patience--) {
		clock_delay_ns(1000);
		record = printk_ring_first(&place);
	}
	if (record)
		write_record(record);
	else
		printk_count_dropped(1);
	printk_ring_pop(place);
}

/* Whether there is something that console_print_one() could print. */
static bool line_waits(void)
{
	u64 place;

	if (this_cpu_panics())
		return printk_ring_printed() != printk_ring_end();
	return printk_ring_first(&place) != NULL;
}

bool console_print_one(void)
{
	unsigned long flags;
	bool had = true;

	if (!line_waits())
		return false;
	flags = printk_section_enter();
	if (this_cpu_panics()) {
		print_first_in_panic();
	} else if (!panic_owns_console() && ticket_trylock(&console_lock)) {
		// Asked again: a panic that saw the lock free in between owns the console by now.
		if (!panic_owns_console())
			print_first();
		ticket_unlock(&console_lock);
	} else {
		had = false;
	}
	printk_section_leave(flags);
	return had;
}

void console_print_all(u64 own)
{
	do {
		// [B] pairs with itself on another CPU: after the store (the line is published, or
		// the console released), before the look (at the console, or at the ring).
		smp_mb();
		// [W] pairs with [W] in record_lines(): who waits will print, once it has its room,
		// and then sees the console released, which was before [B]. A panic has more to do.
		if ((s64)(printk_ring_printed() - own) >= 0 &&
		    (atomic_read(&printk_waiting) || this_cpu_panics()))
			return;
	} while (console_print_one());
}

bool console_is_lost(void)
{
	return panic_owns_console() && !this_cpu_panics();
}

void printk_panic_takeover(void)
{
	if (cmpxchg(&console_owner, NOBODY, raw_smp_processor_id()) != NOBODY)
		return;
	printk_set_level(8); // what matters now is why, not how much
	for (; panic_patience && ticket_is_locked(&console_lock); panic_patience--)
		clock_delay_ns(1000);
	if (ticket_is_locked(&console_lock))
		console_write("\n", 1); // ends the line that its printer will not end
}
