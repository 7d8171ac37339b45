/* debug_memory.c: memory as a debugger reads and writes it, and the breakpoints that are instructions in it.
 * SPDX-License-Identifier: MIT
 *
 * The page tables say what is there, so nothing here faults: a fault in an NMI's handler would let the next NMI in.
 */
#include "arch/x86_64/debugger.h"

#include <arch/layout.h>
#include <arch/paging.h>

#include "lib/errno.h"
#include "lib/macros.h"

#define CR0_WRITE_PROTECT BIT(16)
#define BREAK_INSTRUCTION 0xcc // int3
#define BREAKS            64

/* [m] by the CPU that has stopped the machine only */
struct code_break {
	unsigned long address; /* [m] 0: a free entry */
	u8 code;               /* [m] what was there */
	bool in;               /* [m] the instruction is in the code now */
};

static struct code_break breaks[BREAKS];

static bool is_mapped(unsigned long address, size_t n)
{
	unsigned long page = ALIGN_DOWN(address, PAGE_SIZE);

	if (n == 0)
		return true;
	if (address + (n - 1) < address)
		return false;
	for (; page <= address + (n - 1); page += PAGE_SIZE) {
		if (!paging_is_mapped(page))
			return false;
	}
	return true;
}

bool debug_read(unsigned long address, void *to, size_t n)
{
	u8 *out = to;

	if (!is_mapped(address, n))
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = *(const volatile u8 *)(address + i);
	return true;
}

static unsigned long write_protect_off(void)
{
	unsigned long cr0;

	asm volatile("movq %%cr0, %0" : "=r"(cr0)::"memory");
	asm volatile("movq %0, %%cr0" ::"r"(cr0 & ~CR0_WRITE_PROTECT) : "memory");
	return cr0;
}

/* Whoever executes what was written leaves an exception first, and so fetches it anew. */
bool debug_write(unsigned long address, const void *from, size_t n)
{
	const u8 *in = from;
	unsigned long cr0;

	if (!is_mapped(address, n))
		return false;
	cr0 = write_protect_off();
	for (size_t i = 0; i < n; i++)
		*(volatile u8 *)(address + i) = in[i];
	asm volatile("movq %0, %%cr0" ::"r"(cr0) : "memory");
	return true;
}

/* ---- Breakpoints ---- */

static struct code_break *find(unsigned long address)
{
	for (u32 i = 0; i < BREAKS; i++) {
		if (breaks[i].address == address)
			return &breaks[i];
	}
	return NULL;
}

int debug_break_set(enum debug_kind kind, unsigned long address, size_t size)
{
	struct code_break *found;
	u8 code;

	if (kind != DEBUG_BREAK)
		return debug_watch_set(kind, address, size);
	if (!address || !debug_read(address, &code, 1))
		return -EINVAL;
	found = find(address) ?: find(0);
	if (!found)
		return -ENOSPC;
	found->address = address;
	return 0;
}

int debug_break_clear(enum debug_kind kind, unsigned long address, size_t size)
{
	struct code_break *found;

	if (kind != DEBUG_BREAK)
		return debug_watch_clear(kind, address, size);
	found = address ? find(address) : NULL;
	if (found)
		found->address = 0;
	return 0;
}

void debug_break_clear_all(void)
{
	for (u32 i = 0; i < BREAKS; i++)
		breaks[i].address = 0;
	debug_watch_clear_all();
}

void debug_breaks_insert(void)
{
	const u8 instruction = BREAK_INSTRUCTION;

	for (u32 i = 0; i < BREAKS; i++) {
		struct code_break *each = &breaks[i];

		each->in = each->address && debug_read(each->address, &each->code, 1) &&
			   debug_write(each->address, &instruction, 1);
	}
}

void debug_breaks_remove(void)
{
	for (u32 i = 0; i < BREAKS; i++) {
		if (breaks[i].in)
			debug_write(breaks[i].address, &breaks[i].code, 1);
		breaks[i].in = false;
	}
}

bool debug_break_at(unsigned long address)
{
	const struct code_break *found = address ? find(address) : NULL;

	return found && found->in;
}

bool debug_break_in_code(unsigned long address)
{
	u8 code;

	return debug_read(address, &code, 1) && code == BREAK_INSTRUCTION;
}

void debug_break_drop(unsigned long address)
{
	struct code_break *found = find(address);

	debug_write(address, &found->code, 1);
	found->in = false;
}
