/* ioapic.c: where the devices' interrupts go: the I/O APICs, and the 8259s put to rest.
 * SPDX-License-Identifier: MIT
 *
 * A device's interrupt arrives at a pin of an I/O APIC. Pins are counted over all I/O APICs
 * ("global system interrupts", GSI); an ISA interrupt n is pin n unless ACPI overrides that. Each
 * pin has a 64-bit entry: to which CPU, at which vector, active low or high, edge or level.
 * (Intel 82093AA data sheet; ACPI 6.4, 5.2.12.5 "Interrupt source overrides".)
 */
#include <arch/apic.h>
#include <arch/io.h>
#include <arch/layout.h>
#include <arch/paging.h>

#include "arch/x86_64/acpi.h"
#include "kernel/core/printk.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/errno.h"

/* The two memory-mapped registers: which register is meant, and its contents. */
#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10
#define IOAPIC_SIZE   0x20

#define IOAPIC_VERSION   0x01 // bits 16-23: the highest pin
#define IOAPIC_ENTRY(n)  (0x10 + 2 * (n))
#define ENTRY_NMI        (4 << 8)
#define ENTRY_ACTIVE_LOW BIT(13)
#define ENTRY_LEVEL      BIT(15)
#define ENTRY_MASKED     BIT(16)

#define IOAPIC_MAX_HW_ID 254

/* The 8259s: command and data ports, and initialization words 1 and 4. */
#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1
#define PIC_ICW1     0x11 // begin; cascaded; four words
#define PIC_ICW4     0x01 // 8086 mode

struct ioapic {
	u8 *base;
	u32 gsi_base, pins;
};

/* [I] the table, set by ioapic_init(). The registers, two accesses each, are under the lock. */
static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static u32 n_ioapics;
static const struct acpi_info *firmware;
static raw_spinlock_t ioapic_lock = RAW_SPIN_LOCK_UNLOCKED;

/* An ISA interrupt's pin, and how it signals. */
struct isa_pin {
	const struct ioapic *ioapic; // NULL: no I/O APIC has it
	u32 pin;
	u32 mode; // ENTRY_ACTIVE_LOW, ENTRY_LEVEL
};

/*
 * A masked 8259 can still raise a spurious interrupt, at vectors that are the CPU's exceptions
 * until it is told others: 0x20 to 0x2f, which nothing else uses.
 */
void pic_mask_all(void)
{
	static_assert(VECTOR_SERIAL >= VECTOR_FIRST_IRQ + 16, "room for the 8259s' vectors");
	outb(PIC_ICW1, PIC1_COMMAND);
	outb(PIC_ICW1, PIC2_COMMAND);
	outb(VECTOR_FIRST_IRQ, PIC1_DATA);
	outb(VECTOR_FIRST_IRQ + 8, PIC2_DATA);
	outb(1 << 2, PIC1_DATA); // the second one hangs on pin 2 of the first,
	outb(2, PIC2_DATA);      // and is told so
	outb(PIC_ICW4, PIC1_DATA);
	outb(PIC_ICW4, PIC2_DATA);
	outb(0xff, PIC1_DATA);
	outb(0xff, PIC2_DATA);
}

static u32 ioapic_read(const struct ioapic *ioapic, u32 reg)
{
	mmio_write32(ioapic->base + IOAPIC_SELECT, reg);
	return mmio_read32(ioapic->base + IOAPIC_WINDOW);
}

static void ioapic_write(const struct ioapic *ioapic, u32 reg, u32 value)
{
	mmio_write32(ioapic->base + IOAPIC_SELECT, reg);
	mmio_write32(ioapic->base + IOAPIC_WINDOW, value);
}

/* Firmware may have left pins open: every one is masked before anything else. */
static void ioapic_add(const struct acpi_ioapic *found)
{
	struct ioapic *ioapic = &ioapics[n_ioapics];
	u32 version;

	ioapic->base = paging_map_device(found->address, IOAPIC_SIZE);
	ioapic->gsi_base = found->gsi_base;
	version = ioapic_read(ioapic, IOAPIC_VERSION);
	if (version == ~0U) {
		pr_warn("ioapic: nothing answers at 0x%llx\n", found->address);
		return;
	}
	ioapic->pins = (version >> 16 & 0xff) + 1;
	for (u32 pin = 0; pin < ioapic->pins; pin++)
		ioapic_write(ioapic, IOAPIC_ENTRY(pin), ENTRY_MASKED);
	n_ioapics++;
	pr_info("ioapic: interrupts %u to %u at 0x%llx\n", ioapic->gsi_base,
		ioapic->gsi_base + ioapic->pins - 1, found->address);
}

void ioapic_init(const struct acpi_info *acpi)
{
	firmware = acpi;
	for (u32 i = 0; i < acpi->n_ioapics; i++)
		ioapic_add(&acpi->ioapics[i]);
}

static const struct ioapic *ioapic_of(u32 gsi)
{
	for (u32 i = 0; i < n_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

/* The ISA bus is edge-triggered and active high; that is also what flags of 0 mean. */
static struct isa_pin isa_pin(u8 irq)
{
	struct isa_pin found = { .mode = 0 };
	u32 gsi = irq;

	for (u32 i = 0; i < firmware->n_overrides; i++) {
		const struct acpi_override *override = &firmware->overrides[i];

		if (override->irq != irq)
			continue;
		gsi = override->gsi;
		if ((override->flags & 3) == 3)
			found.mode |= ENTRY_ACTIVE_LOW;
		if ((override->flags >> 2 & 3) == 3)
			found.mode |= ENTRY_LEVEL;
	}
	found.ioapic = ioapic_of(gsi);
	if (found.ioapic)
		found.pin = gsi - found.ioapic->gsi_base;
	return found;
}

/* Write an entry's halves, the one that may unmask it last. */
static void entry_write(const struct isa_pin *at, u32 high, u32 low)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ioapic_lock, flags);
	ioapic_write(at->ioapic, IOAPIC_ENTRY(at->pin), ENTRY_MASKED);
	ioapic_write(at->ioapic, IOAPIC_ENTRY(at->pin) + 1, high);
	ioapic_write(at->ioapic, IOAPIC_ENTRY(at->pin), low);
	raw_spin_unlock_irqrestore(&ioapic_lock, flags);
}

/* How @irq arrives is or-ed to @what. */
static int route(u8 irq, u32 what, u32 hw_id)
{
	struct isa_pin at;

	if (hw_id > IOAPIC_MAX_HW_ID)
		return -EINVAL;
	at = isa_pin(irq);
	if (!at.ioapic)
		return -ENODEV;
	entry_write(&at, hw_id << 24, at.mode | what);
	return 0;
}

int ioapic_route(u8 irq, u8 vector, u32 hw_id)
{
	return route(irq, vector, hw_id);
}

int ioapic_route_nmi(u8 irq, u32 hw_id)
{
	return route(irq, ENTRY_NMI, hw_id);
}
