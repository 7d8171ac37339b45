/* watch.h: have this CPU stop after a store to a word or before an instruction: its debug registers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/* DR7: what each of the four addresses in DR0 to DR3 is for. Here the first only. */
#define DR7_ENABLE_0 (1UL << 0)
#define DR7_ONE      (1UL << 10) /* always 1 */
#define DR7_STORE_0  (1UL << 16)
#define DR7_8BYTES_0 (2UL << 18)

#define VECTOR_WATCH                                                                               \
	1 /* the debug exception: it comes after the store, before the next instruction */

/*
 * watch_stores - from now on a store to the 8 bytes at @word, by whatever runs on this CPU, causes the exception
 *   VECTOR_WATCH. watch_instruction - the one at @address does, before it is executed. watch_nothing - nothing does.
 * Never sleep. Any context; preemption off from the one to the other.
 */
static __always_inline void watch_stores(const unsigned long *word)
{
	asm volatile("movq %0, %%dr0" ::"r"(word) : "memory");
	asm volatile("movq %0, %%dr7" ::"r"(DR7_ENABLE_0 | DR7_ONE | DR7_STORE_0 | DR7_8BYTES_0)
		     : "memory");
}

static __always_inline void watch_instruction(const void *address)
{
	asm volatile("movq %0, %%dr0" ::"r"(address) : "memory");
	asm volatile("movq %0, %%dr7" ::"r"(DR7_ENABLE_0 | DR7_ONE) : "memory");
}

static __always_inline void watch_nothing(void)
{
	asm volatile("movq %0, %%dr7" ::"r"(DR7_ONE) : "memory");
}
