/* Reads the MADT, the ACPI table of CPUs and interrupt controllers. */
/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/acpi_tables.h"
#include "lib/macros.h"

static void add_cpu(struct acpi_info *out, u32 apic_id, u32 uid, u32 flags)
{
	if (!(flags & CPU_ENABLED)) {
		out->n_disabled++;
		out->n_online_capable += !!(flags & CPU_ONLINE_CAPABLE);
		return;
	}
	for (u32 i = 0; i < out->n_cpus; i++) {
		if (out->cpus[i].apic_id == apic_id) {
			out->n_duplicates++;
			return;
		}
	}
	if (out->n_cpus == ACPI_MAX_CPUS)
		out->n_ignored++;
	else
		out->cpus[out->n_cpus++] = (struct acpi_cpu){ apic_id, uid };
}

static void parse_lapic(const struct madt_entry *entry, struct acpi_info *out)
{
	const struct madt_lapic *lapic = container_of(entry, struct madt_lapic, entry);

	add_cpu(out, lapic->apic_id, lapic->uid, lapic->flags);
}

static void parse_x2apic(const struct madt_entry *entry, struct acpi_info *out)
{
	const struct madt_x2apic *x2apic = container_of(entry, struct madt_x2apic, entry);

	add_cpu(out, x2apic->apic_id, x2apic->uid, x2apic->flags);
}

static void parse_ioapic(const struct madt_entry *entry, struct acpi_info *out)
{
	const struct madt_ioapic *ioapic = container_of(entry, struct madt_ioapic, entry);

	if (out->n_ioapics == ACPI_MAX_IOAPICS) {
		acpi_note_broken(out, "I/O APIC %u is one too many", ioapic->id);
		return;
	}
	out->ioapics[out->n_ioapics++] =
		(struct acpi_ioapic){ ioapic->id, ioapic->address, ioapic->gsi_base };
}

static bool is_overridden(const struct acpi_info *out, u8 irq)
{
	for (u32 i = 0; i < out->n_overrides; i++) {
		if (out->overrides[i].irq == irq)
			return true;
	}
	return false;
}

/* The only bus that has overrides is ISA, number 0; with 16 interrupts, each once, all fit. */
static void parse_override(const struct madt_entry *entry, struct acpi_info *out)
{
	const struct madt_override *override = container_of(entry, struct madt_override, entry);

	if (override->bus != 0 || override->irq >= ACPI_MAX_OVERRIDES ||
	    is_overridden(out, override->irq)) {
		acpi_note_broken(out, "interrupt %u of bus %u is overridden wrongly", override->irq,
				 override->bus);
		return;
	}
	out->overrides[out->n_overrides++] =
		(struct acpi_override){ override->irq, override->gsi, override->flags };
}

static void add_nmi(struct acpi_info *out, u32 uid, u16 flags, u8 lint)
{
	if (lint > 1 || out->n_nmis == ACPI_MAX_NMIS)
		acpi_note_broken(out, "the NMI on pin LINT%u of CPU %u is left out", lint, uid);
	else
		out->nmis[out->n_nmis++] = (struct acpi_nmi){ uid, flags, lint };
}

static void parse_lapic_nmi(const struct madt_entry *entry, struct acpi_info *out)
{
	const struct madt_lapic_nmi *nmi = container_of(entry, struct madt_lapic_nmi, entry);

	add_nmi(out, nmi->uid == 0xff ? ACPI_UID_ALL : nmi->uid, nmi->flags, nmi->lint);
}

static void parse_x2apic_nmi(const struct madt_entry *entry, struct acpi_info *out)
{
	const struct madt_x2apic_nmi *nmi = container_of(entry, struct madt_x2apic_nmi, entry);

	add_nmi(out, nmi->uid, nmi->flags, nmi->lint);
}

static void parse_lapic_address(const struct madt_entry *entry, struct acpi_info *out)
{
	out->lapic_address = container_of(entry, struct madt_lapic_address, entry)->address;
}

static void parse_madt_entry(const struct madt_entry *entry, struct acpi_info *out)
{
	static const struct {
		size_t size;
		void (*parse)(const struct madt_entry *entry, struct acpi_info *out);
	} kinds[MADT_TYPES] = {
		[MADT_LAPIC] = { sizeof(struct madt_lapic), parse_lapic },
		[MADT_IOAPIC] = { sizeof(struct madt_ioapic), parse_ioapic },
		[MADT_OVERRIDE] = { sizeof(struct madt_override), parse_override },
		[MADT_LAPIC_NMI] = { sizeof(struct madt_lapic_nmi), parse_lapic_nmi },
		[MADT_LAPIC_ADDRESS] = { sizeof(struct madt_lapic_address), parse_lapic_address },
		[MADT_X2APIC] = { sizeof(struct madt_x2apic), parse_x2apic },
		[MADT_X2APIC_NMI] = { sizeof(struct madt_x2apic_nmi), parse_x2apic_nmi },
	};

	if (entry->type >= MADT_TYPES || !kinds[entry->type].parse)
		return;
	if (entry->length < kinds[entry->type].size)
		acpi_note_broken(out, "a MADT entry of type %u has only %u bytes", entry->type,
				 entry->length);
	else
		kinds[entry->type].parse(entry, out);
}

/* An entry whose length is impossible hides where the next one begins, so the walk ends there. */
bool acpi_parse_madt(const struct acpi_table *table, struct acpi_info *out)
{
	const struct madt *madt = container_of(table, struct madt, header);
	size_t length = table->length, at = sizeof(*madt);
	const struct madt_entry *entry;

	if (length < sizeof(*madt))
		return false;
	out->lapic_address = madt->lapic_address;
	out->has_8259 = madt->flags & MADT_HAS_8259;
	while (at < length) {
		entry = (const struct madt_entry *)((const u8 *)table + at);
		if (length - at < sizeof(*entry) || entry->length < sizeof(*entry) ||
		    entry->length > length - at) {
			acpi_note_broken(out, "the MADT's length ends inside the entry at %zu", at);
			break;
		}
		parse_madt_entry(entry, out);
		at += entry->length;
	}
	return true;
}
