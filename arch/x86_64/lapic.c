/* lapic.c: the local APIC: interrupts between CPUs, and each CPU's timer.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has one, and can reach only its own. It comes in two forms with the same registers:
 *   xAPIC, in one page of physical addresses (the same on every CPU), and x2APIC, where register
 *   0xN0 is MSR 0x800 + N. We use x2APIC wherever the CPU has it: an interrupt to another CPU is
 *   then one write of one 64-bit register, ids have 32 bits instead of 8, and there is nothing to
 *   map. I/O APICs still send to 8-bit ids, which is enough for the boot CPU's.
 *
 *   Sending by xAPIC takes two writes, the target's id and then the command, which sends. Two
 *   things may come between them. An interrupt handler that sends too: so interrupts are off. And
 *   an NMI handler that sends too, which nothing holds up:
 *
 *       interrupted code                       NMI on the same CPU
 *       wait until the last one is gone
 *       ICR_HIGH = 3
 *                                              saved = ICR_HIGH (3), ICR_HIGH = 5, ICR_LOW = ...
 *                                              wait until that is gone
 *                                              ICR_HIGH = saved
 *       ICR_LOW = ...    (goes to 3)
 *
 *   so inside an NMI the register is put back, and the command is known to be gone before the NMI
 *   returns, wherever in the sequence it struck. By x2APIC there is no such window.
 *   (Intel SDM vol. 3A, chapter 11 "APIC".)
 */
#include <arch/apic.h>
#include <arch/atomic.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/layout.h>
#include <arch/paging.h>
#include <arch/trap.h>

#include "arch/x86_64/acpi.h"
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/core/printk.h"

/* Registers, by their xAPIC offset. */
#define LAPIC_ID            0x020
#define LAPIC_TASK_PRIORITY 0x080
#define LAPIC_EOI           0x0b0
#define LAPIC_SPURIOUS      0x0f0
#define LAPIC_ERROR         0x280
#define LAPIC_ICR_LOW       0x300
#define LAPIC_ICR_HIGH      0x310
#define LAPIC_LVT_TIMER     0x320
#define LAPIC_LVT_LINT0     0x350
#define LAPIC_LVT_LINT1     0x360
#define LAPIC_LVT_ERROR     0x370
#define LAPIC_TIMER_INITIAL 0x380
#define LAPIC_TIMER_CURRENT 0x390
#define LAPIC_TIMER_DIVIDE  0x3e0

#define LAPIC_SIZE       0x400
#define MSR_X2APIC_FIRST 0x800U
#define MSR_X2APIC_ICR   0x830U

#define APIC_BASE_X2APIC  BIT(10) // in MSR_APIC_BASE
#define APIC_BASE_ENABLED BIT(11)
#define APIC_BASE_ADDRESS GENMASK(51, 12)

#define SPURIOUS_ENABLE   BIT(8)
#define LVT_NMI           0x400U
#define LVT_ACTIVE_LOW    BIT(13)
#define LVT_MASKED        BIT(16)
#define ICR_NMI           0x400U
#define ICR_INIT          0x500U
#define ICR_STARTUP       0x600U
#define ICR_PENDING       BIT(12)
#define ICR_ASSERT        BIT(14)
#define TIMER_DIVIDE_BY_1 0xbU

#define CPUID_1_ECX_X2APIC BIT(21)

/* Reads of a pending command before we go on without it: far longer than any delivery takes. */
#define ICR_PATIENCE   1000000
#define ERRORS_PRINTED 8

static const struct acpi_info *firmware; /* [I] */
static bool x2apic;                      /* [I] */
static u8 *registers;                    /* [I] xAPIC only */
static u64 base_address;                 /* [I] the same on all CPUs */
static atomic64_t errors;
static atomic_t undelivered;

static u32 lapic_read(u32 reg)
{
	if (x2apic)
		return (u32)rdmsr(MSR_X2APIC_FIRST + (reg >> 4));
	return mmio_read32(registers + reg);
}

static void lapic_write(u32 reg, u32 value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC_FIRST + (reg >> 4), value);
	else
		mmio_write32(registers + reg, value);
}

const char *lapic_mode(void)
{
	return x2apic ? "x2APIC" : "xAPIC";
}

u32 lapic_max_id(void)
{
	// All ones is the address of every CPU at once.
	return x2apic ? 0xfffffffe : 0xfe;
}

u32 lapic_id(void)
{
	return x2apic ? lapic_read(LAPIC_ID) : lapic_read(LAPIC_ID) >> 24;
}

void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

unsigned long lapic_errors(void)
{
	return (unsigned long)atomic64_read(&errors);
}

static const char *error_name(u32 status)
{
	static const char *const names[8] = {
		"send checksum",  "receive checksum", "send accept",    "receive accept",
		"redirected IPI", "sent bad vector",  "got bad vector", "bad register",
	};

	return status & 0xff ? names[__builtin_ctz(status)] : "none";
}

/* An error of our own making, such as a vector below 16. A write latches the status register. */
static void error_interrupt(struct trap_frame *frame __unused)
{
	u32 status;

	lapic_write(LAPIC_ERROR, 0);
	status = lapic_read(LAPIC_ERROR);
	if (atomic64_inc_return(&errors) <= ERRORS_PRINTED)
		pr_err("lapic: error 0x%02x (%s)\n", status, error_name(status));
}

static u32 own_uid(void)
{
	u32 id = lapic_id();

	for (u32 i = 0; i < firmware->n_cpus; i++)
		if (firmware->cpus[i].apic_id == id)
			return firmware->cpus[i].uid;
	return ACPI_UID_ALL;
}

/* The two pins: the 8259 is silenced, so nothing comes that way but what ACPI says is an NMI. */
static void setup_pins(void)
{
	u32 uid = own_uid();

	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_MASKED);
	for (u32 i = 0; i < firmware->n_nmis; i++) {
		const struct acpi_nmi *nmi = &firmware->nmis[i];

		if (nmi->uid == ACPI_UID_ALL || nmi->uid == uid)
			lapic_write(nmi->lint ? LAPIC_LVT_LINT1 : LAPIC_LVT_LINT0,
				    LVT_NMI | ((nmi->flags & 3) == 3 ? LVT_ACTIVE_LOW : 0));
	}
}

/* The CPU refuses to go from off to x2APIC in one step (SDM figure 11-27), hence two. */
static void enable_mode(void)
{
	u64 base = (rdmsr(MSR_APIC_BASE) & ~APIC_BASE_ADDRESS) | base_address;

	wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLED);
	if (x2apic)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLED | APIC_BASE_X2APIC);
}

void lapic_init_cpu(void)
{
	enable_mode();
	// First: while it is disabled by software, every LVT entry is forced to be masked. The
	// spurious vector is what comes when an interrupt goes away at the last moment (trap.c).
	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TASK_PRIORITY, 0);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	setup_pins();
	lapic_write(LAPIC_ERROR, 0);
	lapic_write(LAPIC_LVT_ERROR, VECTOR_APIC_ERROR);
}

void lapic_init(const struct acpi_info *acpi)
{
	firmware = acpi;
	x2apic = cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC;
	base_address = rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
	if (!x2apic)
		registers = paging_map_device(base_address, LAPIC_SIZE);
	irq_register(VECTOR_APIC_ERROR, "apic error", error_interrupt);
	lapic_init_cpu();
	pr_info("lapic: %s, the boot CPU has id %u\n", lapic_mode(), lapic_id());
}

/* Whether a command is still on its way is told by xAPIC only. It is a matter of microseconds;
 * should the hardware never answer, a lost interrupt is better than a stuck CPU. */
static void wait_until_sent(void)
{
	for (int i = 0; i < ICR_PATIENCE; i++) {
		if (!(lapic_read(LAPIC_ICR_LOW) & ICR_PENDING))
			return;
		cpu_relax();
	}
	if (atomic_inc_return(&undelivered) == 1)
		pr_err("lapic: an interrupt to another CPU was not delivered\n");
}

static void xapic_send(u32 hw_id, u32 command)
{
	unsigned long flags = arch_local_irq_save();
	bool nmi = in_nmi();
	u32 interrupted_id = nmi ? lapic_read(LAPIC_ICR_HIGH) : 0;

	wait_until_sent();
	lapic_write(LAPIC_ICR_HIGH, hw_id << 24);
	lapic_write(LAPIC_ICR_LOW, command);
	if (nmi) {
		wait_until_sent();
		lapic_write(LAPIC_ICR_HIGH, interrupted_id);
	}
	local_irq_restore(flags);
}

/* A store to memory-mapped registers is not made before earlier stores; a wrmsr to an x2APIC
 * register may be (SDM 11.12.3), and the receiver would then miss what it is interrupted for. */
static void lapic_send(u32 hw_id, u32 command)
{
	if (!x2apic) {
		xapic_send(hw_id, command);
		return;
	}
	mb();
	rmb();
	wrmsr(MSR_X2APIC_ICR, (u64)hw_id << 32 | command);
}

void lapic_send_ipi(u32 hw_id, u8 vector)
{
	lapic_send(hw_id, ICR_ASSERT | vector);
}

void lapic_send_nmi(u32 hw_id)
{
	lapic_send(hw_id, ICR_ASSERT | ICR_NMI);
}

void lapic_send_init(u32 hw_id)
{
	lapic_send(hw_id, ICR_ASSERT | ICR_INIT);
}

void lapic_send_startup(u32 hw_id, u32 page)
{
	lapic_send(hw_id, ICR_ASSERT | ICR_STARTUP | page >> 12);
}

void lapic_timer_setup(u8 vector)
{
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	lapic_write(LAPIC_TIMER_INITIAL, 0);
	lapic_write(LAPIC_LVT_TIMER, vector);
}

void lapic_timer_start(u32 ticks)
{
	lapic_write(LAPIC_TIMER_INITIAL, ticks);
}

void lapic_timer_stop(void)
{
	lapic_write(LAPIC_TIMER_INITIAL, 0);
}

u32 lapic_timer_count(void)
{
	return lapic_read(LAPIC_TIMER_CURRENT);
}
