/* machine_check.c: hardware errors that the CPU reports.
 * SPDX-License-Identifier: MIT
 *
 * Intel SDM vol. 3B, chapter 16. Which banks signal errors is left as the firmware set it up.
 */
#include <arch/cpu.h>

#include "arch/x86_64/traps.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"

#define CPUID_MCE BIT(7)
#define CPUID_MCA BIT(14)
#define CR4_MCE   BIT(6)

#define MSR_MCG_CAP       0x179U
#define MSR_MCG_STATUS    0x17aU
#define MSR_MC_STATUS(i)  (0x401U + 4 * (i))
#define MSR_MC_ADDRESS(i) (0x402U + 4 * (i))
#define MCG_CAP_BANKS     0xffU

#define STATUS_VALID         BIT_ULL(63)
#define STATUS_ADDRESS_VALID BIT_ULL(58)

static bool has_features(u32 bits)
{
	return (cpuid(1, 0).edx & bits) == bits;
}

void machine_check_init_cpu(void)
{
	unsigned long cr4;

	if (!has_features(CPUID_MCE))
		return;
	asm volatile("movq %%cr4, %0" : "=r"(cr4)::"memory");
	asm volatile("movq %0, %%cr4" ::"r"(cr4 | CR4_MCE) : "memory");
}

static void print_bank(u32 bank)
{
	u64 status = rdmsr(MSR_MC_STATUS(bank));
	u64 address = 0;

	if (!(status & STATUS_VALID))
		return;
	if (status & STATUS_ADDRESS_VALID)
		address = rdmsr(MSR_MC_ADDRESS(bank));
	pr_emerg("machine check: bank %u status %#018llx address %#llx", bank, status, address);
}

void machine_check_report(const struct trap_frame *frame)
{
	u32 banks, i;

	if (!has_features(CPUID_MCE | CPUID_MCA))
		panic_frame(frame, "machine check: a hardware error that this CPU does not detail");
	banks = rdmsr(MSR_MCG_CAP) & MCG_CAP_BANKS;
	for (i = 0; i < banks; i++)
		print_bank(i);
	panic_frame(frame, "machine check: a hardware error, MCG_STATUS %#llx",
		    rdmsr(MSR_MCG_STATUS));
}
