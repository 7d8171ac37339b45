/* stack.c: stacks, each above a page that is not mapped.
 * SPDX-License-Identifier: MIT
 *
 *      slot n                                           slot n + 1
 *     +-------+------------------------------------------+-------+-----
 *     | guard | canary        <--- grows down            | guard |
 *     +-------+------------------------------------------+-------+-----
 *             ^ stack_alloc() returns this               ^ the stack's top
 *
 * Who runs over the end of its stack faults at once, and the report names the stack. The guards are
 * where they are for good, so that giving a stack to another thread needs no change of page tables,
 * and no CPU must forget what it remembers of them (a TLB shootdown).
 * The stack freed last is the first to be used again: it may still be in the cache.
 */
#include "kernel/core/page.h"

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/string.h"

#define SLOT_SIZE (PAGE_SIZE + STACK_SIZE)

/* The lowest word of a stack in use, and of a free one (checked). */
#define STACK_CANARY 0xca9a57ac57ac0001UL
#define STACK_FREE   0xca9a57ac57acdeadUL

/* What a free stack is filled with (checked): a thread that is still on it leaves traces on top. */
#define STACK_POISON    0x6b
#define STACK_LOOKED_AT 512

/* [q] under stack_lock  [I] set by stack_init() */
static raw_spinlock_t stack_lock = RAW_SPIN_LOCK_UNLOCKED;
static unsigned long region_start; /* [I] */
static u32 n_slots;                /* [I] */
static u32 n_used_once;            /* [q] slots from here on were never used */
static u32 *free_slots;            /* [q] n_free_slots of them, the last one freed last */
static u32 n_free_slots;           /* [q] */

void stack_init(unsigned long base, size_t size)
{
	unsigned int order = 0;

	n_slots = (u32)(size / SLOT_SIZE);
	while (PAGE_SIZE << order < n_slots * sizeof(*free_slots))
		order++;
	free_slots = page_alloc(order);
	BUG_ON(!free_slots);
	paging_map_stacks(base, size, 1 + STACK_PAGES);
	region_start = base;
}

static void *slot_stack(u32 slot)
{
	return (void *)(region_start + slot * SLOT_SIZE + PAGE_SIZE);
}

/* Report if somebody wrote to the free stack at @stack. It is in use from here on. */
static void verify_free(const u8 *stack)
{
	if (*(const unsigned long *)stack != STACK_FREE)
		misuse(NULL, "stack %px: its lowest word was overwritten after it was freed",
		       stack);
	for (size_t i = STACK_SIZE - STACK_LOOKED_AT; i < STACK_SIZE; i++) {
		if (stack[i] == STACK_POISON)
			continue;
		misuse(NULL, "stack %px was written to after it was freed, %zu below its top",
		       stack, STACK_SIZE - i);
		return;
	}
}

void *stack_alloc(void)
{
	unsigned long flags;
	bool used_before = false;
	void *stack = NULL;

	raw_spin_lock_irqsave(&stack_lock, flags);
	if (n_free_slots) {
		used_before = true;
		stack = slot_stack(free_slots[--n_free_slots]);
	} else if (n_used_once < n_slots) {
		stack = slot_stack(n_used_once++);
	}
	raw_spin_unlock_irqrestore(&stack_lock, flags);
	if (CONFIG_CHECKED && stack) {
		if (used_before)
			verify_free(stack);
		*(unsigned long *)stack = STACK_CANARY;
	}
	return stack;
}

/* The slot that @stack is the stack of; n_slots if it is none. */
static u32 stack_slot(const void *stack)
{
	unsigned long offset = (unsigned long)stack - region_start;

	if ((unsigned long)stack < region_start || offset % SLOT_SIZE != PAGE_SIZE)
		return n_slots;
	return (u32)min_t(unsigned long, offset / SLOT_SIZE, n_slots);
}

static void check_and_poison(void *stack)
{
	unsigned long lowest;

	if (stack_slot(stack) >= n_slots)
		panic("stack_free(%px): it is no stack", stack);
	lowest = *(unsigned long *)stack;
	if (lowest == STACK_FREE)
		panic("stack_free(%px): it is free already", stack);
	if (WARN_ON(lowest != STACK_CANARY))
		pr_emerg("stack %px was used up to its last word, or overwritten from outside",
			 stack);
	memset(stack, STACK_POISON, STACK_SIZE);
	*(unsigned long *)stack = STACK_FREE;
}

void stack_free(void *stack)
{
	unsigned long flags;

	if (CONFIG_CHECKED)
		check_and_poison(stack);
	raw_spin_lock_irqsave(&stack_lock, flags);
	free_slots[n_free_slots++] = stack_slot(stack);
	raw_spin_unlock_irqrestore(&stack_lock, flags);
}

size_t stack_free_count(void)
{
	unsigned long flags;
	size_t count;

	raw_spin_lock_irqsave(&stack_lock, flags);
	count = n_free_slots + (n_slots - n_used_once);
	raw_spin_unlock_irqrestore(&stack_lock, flags);
	return count;
}

/* The boot CPU's own stacks, which are in the kernel's image. */
static enum stack_place static_stack_place(unsigned long address, unsigned long *base)
{
	for (u32 i = 0; i < NR_BOOT_STACKS; i++) {
		const struct static_stack *stack = &static_stacks[i];

		if (address < stack->base - PAGE_SIZE || address >= stack->base + stack->size)
			continue;
		*base = stack->base;
		return address < stack->base ? STACK_GUARD : STACK_INSIDE;
	}
	return STACK_NONE;
}

enum stack_place stack_place(unsigned long address, unsigned long *base)
{
	unsigned long offset = address - region_start;

	if (address < region_start || offset / SLOT_SIZE >= n_slots)
		return static_stack_place(address, base);
	*base = address - offset % SLOT_SIZE + PAGE_SIZE;
	return offset % SLOT_SIZE < PAGE_SIZE ? STACK_GUARD : STACK_INSIDE;
}
