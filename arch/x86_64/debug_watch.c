/* debug_watch.c: the debug registers: what a CPU looks out for by itself, for a debugger.
 * SPDX-License-Identifier: MIT
 *
 * There are four. The first is the kernel's own (arch/watch.h), so three are left. All CPUs look out for the same,
 * from the moment on when they leave the debugger. (Intel SDM vol. 3B, 18.2.)
 */
#include "arch/x86_64/debugger.h"

#include <arch/watch.h>

#include "lib/errno.h"
#include "lib/macros.h"

#define SLOTS      4
#define FIRST_SLOT 1

/* DR7, and DR6, by the number of the address. */
#define DR7_ENABLE(n) (1UL << (2 * (n)))
#define DR7_WHAT(n)   (16 + 4 * (n)) // a bit's number: two bits, and two of the size
#define DR7_WRITE     1UL
#define DR7_ACCESS    3UL
#define DR6_HIT(n)    (1UL << (n))

/* [m] by the CPU that has stopped the machine; others read it when they go on */
struct slot {
	bool used;
	enum debug_kind kind;
	unsigned long address;
	size_t size;
};
static struct slot slots[SLOTS];

static struct slot *find(enum debug_kind kind, unsigned long address, size_t size)
{
	for (u32 i = FIRST_SLOT; i < SLOTS; i++) {
		struct slot *slot = &slots[i];

		if (slot->used && slot->kind == kind && slot->address == address &&
		    slot->size == size)
			return slot;
	}
	return NULL;
}

/* The size that DR7 wants to have; -1: it has none. Its bits are those of no order: 1, 2, 8, 4. */
static int size_bits(size_t size)
{
	switch (size) {
	case 1:
		return 0;
	case 2:
		return 1;
	case 4:
		return 3;
	case 8:
		return 2;
	default:
		return -1;
	}
}

int debug_watch_set(enum debug_kind kind, unsigned long address, size_t size)
{
	if (kind == DEBUG_HARD_BREAK)
		size = 1;
	if (kind > DEBUG_WATCH_ACCESS || size_bits(size) < 0 || !IS_ALIGNED(address, size))
		return -EINVAL;
	if (find(kind, address, size))
		return 0;
	for (u32 i = FIRST_SLOT; i < SLOTS; i++) {
		if (slots[i].used)
			continue;
		slots[i] = (struct slot){ true, kind, address, size };
		return 0;
	}
	return -ENOSPC;
}

int debug_watch_clear(enum debug_kind kind, unsigned long address, size_t size)
{
	struct slot *slot = find(kind, address, kind == DEBUG_HARD_BREAK ? 1 : size);

	if (slot)
		slot->used = false;
	return 0;
}

void debug_watch_clear_all(void)
{
	for (u32 i = FIRST_SLOT; i < SLOTS; i++)
		slots[i].used = false;
}

static void set_address(u32 n, unsigned long address)
{
	switch (n) {
	case 1:
		asm volatile("movq %0, %%dr1" ::"r"(address) : "memory");
		break;
	case 2:
		asm volatile("movq %0, %%dr2" ::"r"(address) : "memory");
		break;
	case 3:
		asm volatile("movq %0, %%dr3" ::"r"(address) : "memory");
		break;
	}
}

unsigned long debug_watch_off(void)
{
	unsigned long before = watch_read();

	watch_write(DR7_ONE);
	return before;
}

void debug_watch_on(unsigned long before)
{
	unsigned long dr7 = DR7_ONE | (before & DR7_SLOT_0);

	for (u32 i = FIRST_SLOT; i < SLOTS; i++) {
		const struct slot *slot = &slots[i];
		unsigned long what = slot->kind == DEBUG_WATCH_WRITE ? DR7_WRITE : DR7_ACCESS;

		if (!slot->used)
			continue;
		if (slot->kind == DEBUG_HARD_BREAK)
			what = 0;
		set_address(i, slot->address);
		dr7 |= DR7_ENABLE(i);
		dr7 |= (what | (unsigned long)size_bits(slot->size) << 2) << DR7_WHAT(i);
	}
	watch_write(dr7);
}

bool debug_watch_event(unsigned long dr6, struct debug_event *event)
{
	for (u32 i = FIRST_SLOT; i < SLOTS; i++) {
		if (!(dr6 & DR6_HIT(i)) || !slots[i].used)
			continue;
		event->signal = DEBUG_SIGTRAP;
		event->kind = slots[i].kind;
		event->address = slots[i].address;
		return true;
	}
	return false;
}

bool debug_watch_stands(const struct debug_event *event)
{
	for (u32 i = FIRST_SLOT; i < SLOTS; i++) {
		if (slots[i].used && slots[i].kind == event->kind &&
		    slots[i].address == event->address && event->kind != DEBUG_HARD_BREAK)
			return true;
	}
	return false;
}
