/* watch.h: have this CPU stop after a store to a word or before an instruction: its debug registers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/layout.h>

#include "lib/macros.h"
#include "lib/types.h"

/* DR7: what each of the four addresses in DR0 to DR3 is for. Here the first only: the others are a debugger's. */
#define DR7_ENABLE_0 (1UL << 0)
#define DR7_ONE      (1UL << 10) /* always 1 */
#define DR7_STORE_0  (1UL << 16)
#define DR7_8BYTES_0 (2UL << 18)
#define DR7_SLOT_0   (3UL << 0 | 15UL << 16) /* all that is the first's */

static __always_inline unsigned long watch_read(void)
{
	unsigned long dr7;

	asm volatile("movq %%dr7, %0" : "=r"(dr7)::"memory");
	return dr7;
}

static __always_inline void watch_write(unsigned long dr7)
{
	asm volatile("movq %0, %%dr7" ::"r"(dr7) : "memory");
}

static __always_inline void watch_first(const void *address, unsigned long how)
{
	asm volatile("movq %0, %%dr0" ::"r"(address) : "memory");
	watch_write((watch_read() & ~DR7_SLOT_0) | DR7_ONE | how);
}

/*
 * watch_stores - from now on a store to the 8 bytes at @word, by whatever runs on this CPU, causes the exception
 *   VECTOR_WATCH, after it. watch_instruction - the one at @address does, before it is executed. watch_nothing - nothing does.
 * Never sleep. Any context; preemption off from the one to the other.
 */
static __always_inline void watch_stores(const unsigned long *word)
{
	watch_first(word, DR7_ENABLE_0 | DR7_STORE_0 | DR7_8BYTES_0);
}

static __always_inline void watch_instruction(const void *address)
{
	watch_first(address, DR7_ENABLE_0);
}

static __always_inline void watch_nothing(void)
{
	watch_write((watch_read() & ~DR7_SLOT_0) | DR7_ONE);
}
