/* cpu.h: the processor's own registers and instructions.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

#define MSR_APIC_BASE 0x01bU
#define MSR_EFER      0xc0000080U
#define MSR_FS_BASE   0xc0000100U
#define MSR_GS_BASE   0xc0000101U

struct cpuid_result {
	u32 eax, ebx, ecx, edx;
};

static __always_inline struct cpuid_result cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_result r;

	asm volatile("cpuid"
		     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
		     : "a"(leaf), "c"(subleaf));
	return r;
}

static __always_inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return (u64)high << 32 | low;
}

static __always_inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

/* The time-stamp counter, not before earlier loads are done. */
static __always_inline u64 rdtsc_ordered(void)
{
	u32 low, high;

	asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
	return (u64)high << 32 | low;
}

static __always_inline unsigned long read_cr2(void)
{
	unsigned long v;

	asm volatile("movq %%cr2, %0" : "=r"(v)::"memory");
	return v;
}

static __always_inline unsigned long read_cr3(void)
{
	unsigned long v;

	asm volatile("movq %%cr3, %0" : "=r"(v)::"memory");
	return v;
}

static __always_inline void write_cr3(unsigned long v)
{
	asm volatile("movq %0, %%cr3" ::"r"(v) : "memory");
}

static __always_inline void arch_set_percpu_base(void *base)
{
	wrmsr(MSR_GS_BASE, (u64)base);
}

/* Stop this CPU for good: nothing but a reset or an NMI's handler runs on it again. */
static __always_inline void __noreturn arch_park(void)
{
	for (;;)
		asm volatile("cli\n\thlt" ::: "memory");
}

/*
 * machine_exit - give the verdict to whoever runs this machine, and stop it.
 * Never sleeps. Any context. Does not return. Writes @verdict to QEMU's isa-debug-exit device; where
 * that is not there, says so on the console and halts. The other CPUs are left as they are.
 */
enum verdict {
	VERDICT_PASS = 0x10,
	VERDICT_FAIL = 0x11,
	VERDICT_PANIC = 0x12,
	VERDICT_USAGE = 0x13, /* the kernel command line was refused */
};
void machine_exit(enum verdict verdict) __noreturn;

/* machine_reset - start the machine anew, from its firmware on. Never sleeps. Any context. Does not return. */
void machine_reset(void) __noreturn;
