/* io.h: I/O ports and memory-mapped registers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

static __always_inline void outb(u8 value, u16 port)
{
	asm volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static __always_inline void outl(u32 value, u16 port)
{
	asm volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static __always_inline u8 inb(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static __always_inline u32 inl(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* One access of exactly this width, never merged, split or repeated. */
static __always_inline u32 mmio_read32(const void *at)
{
	u32 value;

	asm volatile("movl %1, %0" : "=r"(value) : "m"(*(const u32 *)at) : "memory");
	return value;
}

static __always_inline void mmio_write32(void *at, u32 value)
{
	asm volatile("movl %1, %0" : "=m"(*(u32 *)at) : "r"(value) : "memory");
}
