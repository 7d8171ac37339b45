/* page_table.c: the four levels of page tables.
 * SPDX-License-Identifier: MIT
 *
 * An entry at level n stands for 4 KiB * 512^n of addresses and points at a table of level n - 1 or,
 * at level 0, at a page; at level 1 it may be a page too, of 2 MiB (Intel SDM vol. 3A, 4.5).
 *
 *    47      39 38      30 29      21 20      12 11         0
 *   +----------+----------+----------+----------+------------+
 *   | level 3  | level 2  | level 1  | level 0  |  in page   |   the bits of an address
 *   +----------+----------+----------+----------+------------+
 *
 * A table, once made, stays, and an entry changes by one store: so page_table_is_mapped() needs no
 * lock. Rights live in the last entry alone, those above it allow everything.
 */
#include "arch/x86_64/page_table.h"

#include <arch/cpu.h>

#include "kernel/core/page.h"
#include "lib/string.h"

#define TABLE_ENTRIES 512U
#define LEVEL_BITS    9
#define ROOT_LEVEL    3U
#define LARGE_LEVEL   1U
#define ADDRESS_BITS  48

static u64 *root; /* [I] */
static void *(*allocate)(void);

static unsigned int level_shift(unsigned int level)
{
	return PAGE_SHIFT + LEVEL_BITS * level;
}

static u64 level_size(unsigned int level)
{
	return 1ULL << level_shift(level);
}

static u64 *table_of(u64 entry)
{
	return (u64 *)(entry & PTE_ADDRESS);
}

static bool is_table(u64 entry)
{
	return (entry & PTE_PRESENT) && !(entry & PTE_LARGE);
}

static u64 *entry_in(u64 *table, unsigned int level, u64 address)
{
	return &table[(address >> level_shift(level)) % TABLE_ENTRIES];
}

/* While the kernel boots there is only @allocate, later it has handed its memory to page_alloc(). */
static u64 *new_table(void)
{
	u64 *table = allocate();

	if (!table) {
		table = page_alloc(0);
		if (table)
			memset(table, 0, PAGE_SIZE);
	}
	return table;
}

/* The table that @entry points at; if it is none yet, a new one that maps what the entry mapped. */
static u64 *table_under(u64 *entry, unsigned int level)
{
	u64 old = READ_ONCE(*entry);
	u64 *table;

	if (is_table(old))
		return table_of(old);
	table = new_table();
	if (!table)
		return NULL;
	if (old & PTE_PRESENT)
		for (u64 i = 0; i < TABLE_ENTRIES; i++)
			table[i] = (old & ~(u64)PTE_LARGE) + i * level_size(level - 1);
	WRITE_ONCE(*entry, (u64)table | PTE_PRESENT | PTE_WRITE);
	return table;
}

/* The entry for @address at @level, with the tables above it; NULL when there is no memory. */
static u64 *entry_for(u64 address, unsigned int level)
{
	u64 *table = root;

	for (unsigned int at = ROOT_LEVEL; at > level; at--) {
		table = table_under(entry_in(table, at, address), at);
		if (!table)
			return NULL;
	}
	return entry_in(table, level, address);
}

/* A large page fits at @from if it is aligned, does not reach over @end, and nothing is there yet. */
static bool large_fits(u64 from, u64 end)
{
	u64 size = level_size(LARGE_LEVEL);
	u64 *entry;

	if (!IS_ALIGNED(from, size) || end - from < size)
		return false;
	entry = entry_for(from, LARGE_LEVEL);
	return entry && !(READ_ONCE(*entry) & PTE_PRESENT);
}

bool page_table_map(u64 from, u64 end, u64 flags)
{
	while (from < end) {
		bool large = large_fits(from, end);
		unsigned int level = large ? LARGE_LEVEL : 0;
		u64 *entry = entry_for(from, level);

		if (!entry)
			return false;
		if (flags == PAGE_ABSENT)
			WRITE_ONCE(*entry, 0);
		else
			WRITE_ONCE(*entry, from | flags | (large ? PTE_LARGE : 0));
		from += level_size(level);
	}
	return true;
}

bool page_table_is_mapped(u64 address)
{
	u64 *table = table_of(read_cr3());

	if (address >> ADDRESS_BITS)
		return false;
	for (unsigned int level = ROOT_LEVEL; level > 0; level--) {
		u64 entry = READ_ONCE(*entry_in(table, level, address));

		if (!is_table(entry))
			return entry & PTE_PRESENT;
		table = table_of(entry);
	}
	return READ_ONCE(*entry_in(table, 0, address)) & PTE_PRESENT;
}

bool page_table_init(void *(*alloc)(void))
{
	allocate = alloc;
	root = new_table();
	return root;
}

void page_table_load(void)
{
	write_cr3((unsigned long)root);
}
