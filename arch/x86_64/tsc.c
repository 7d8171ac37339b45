/* tsc.c: the time-stamp counter: what the CPU says of it.
 * SPDX-License-Identifier: MIT
 */
#include "arch/x86_64/tsc.h"

#include <arch/cpu.h>
#include <arch/trap.h>

#include "arch/x86_64/counter.h"

#define CPUID_1_ECX_HYPERVISOR   BIT(31)
#define CPUID_80000007_INVARIANT BIT(8) // edx
#define CPUID_80000021_LFENCE    BIT(2) // eax: lfence always serializes
#define CPUID_CRYSTAL            0x15U
#define CPUID_HYPERVISOR         0x40000000U
#define CPUID_HYPERVISOR_TIMING  0x40000010U
#define CPUID_EXTENDED           0x80000000U

#define VENDOR_AMD   0x68747541U // "Auth", as CPUID 0 gives it in ebx
#define VENDOR_HYGON 0x6f677948U // "Hygo"

#define MSR_AMD_DE_CFG       0xc0011029U
#define AMD_LFENCE_SERIALIZE BIT(1)

static struct counter tsc = {
	.name = "tsc",
	.mask = ~0ULL,
	.read = rdtsc_ordered,
};

static bool has_hypervisor(void)
{
	return cpuid(1, 0).ecx & CPUID_1_ECX_HYPERVISOR;
}

/* Leaf @leaf of the range that begins at @range, or zeros where the CPU has no such leaf. */
static struct cpuid_result cpuid_if_there(u32 range, u32 leaf)
{
	struct cpuid_result none = { 0 };

	return cpuid(range, 0).eax >= leaf ? cpuid(leaf, 0) : none;
}

struct counter *tsc_counter(void)
{
	return &tsc;
}

/* Leaf 0x16 is not asked: it is the rate printed on the box, in MHz, not the one of this piece. */
u64 tsc_cpuid_hz(void)
{
	struct cpuid_result crystal = cpuid_if_there(0, CPUID_CRYSTAL);
	struct cpuid_result timing;

	if (crystal.eax && crystal.ebx && crystal.ecx)
		return mul_div(crystal.ecx, crystal.ebx, crystal.eax);
	if (!has_hypervisor())
		return 0;
	timing = cpuid_if_there(CPUID_HYPERVISOR, CPUID_HYPERVISOR_TIMING);
	return timing.eax * 1000ULL;
}

/* Hypervisors and emulators keep one count for all CPUs, and seldom say so: QEMU's TCG does not. */
bool tsc_is_steady(void)
{
	return has_hypervisor() ||
	       (cpuid_if_there(CPUID_EXTENDED, 0x80000007U).edx & CPUID_80000007_INVARIANT);
}

static void set_lfence_serialize(void *unused __unused)
{
	wrmsr(MSR_AMD_DE_CFG, rdmsr(MSR_AMD_DE_CFG) | AMD_LFENCE_SERIALIZE);
}

/*
 * AMD's lfence holds up later instructions, and not only later loads, when a bit says so. CPUs
 * without that register need no telling, and a hypervisor may refuse it to us because it has set
 * the bit itself: then the access traps, and that is all right.
 */
void tsc_init_cpu(void)
{
	u32 vendor = cpuid(0, 0).ebx;

	if (vendor != VENDOR_AMD && vendor != VENDOR_HYGON)
		return;
	if (!(cpuid_if_there(CPUID_EXTENDED, 0x80000021U).eax & CPUID_80000021_LFENCE))
		trap_catch(set_lfence_serialize, NULL, NULL, NULL);
}
