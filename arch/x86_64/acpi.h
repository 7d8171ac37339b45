/* What the ACPI tables say of CPUs, interrupt controllers and clocks. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

#define ACPI_MAX_CPUS      256
#define ACPI_MAX_IOAPICS   16
#define ACPI_MAX_OVERRIDES 16 // one for each ISA interrupt
#define ACPI_MAX_NMIS      16
#define ACPI_UID_ALL       0xffffffffU // in struct acpi_nmi: every CPU

struct acpi_cpu {
	u32 apic_id;
	u32 uid; // the firmware's own number, which struct acpi_nmi refers to
};

struct acpi_ioapic {
	u32 id;
	u64 address;
	u32 gsi_base; // the number of its first pin, counted over all I/O APICs
};

/* An ISA interrupt that is not wired to the pin of its own number. */
struct acpi_override {
	u8 irq;
	u32 gsi;
	u16 flags; // bits 0-1 polarity: 1 high, 3 low; bits 2-3 trigger: 1 edge, 3 level; 0: as ISA
};

/* Which local APIC pin an NMI comes in by. */
struct acpi_nmi {
	u32 uid; // or ACPI_UID_ALL
	u16 flags;
	u8 lint; // 0 or 1
};

struct acpi_info {
	struct acpi_cpu cpus[ACPI_MAX_CPUS]; // enabled ones, no APIC id twice, in the table's order
	u32 n_cpus;
	u32 n_ignored;        // enabled CPUs beyond ACPI_MAX_CPUS
	u32 n_disabled;       // present in the table, not usable now
	u32 n_online_capable; // those of n_disabled that could be enabled later
	u32 n_duplicates;     // entries whose APIC id was there already

	u64 lapic_address;
	bool has_8259; // a pair of legacy interrupt controllers is present and must be masked

	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	u32 n_ioapics;
	struct acpi_override overrides[ACPI_MAX_OVERRIDES];
	u32 n_overrides;
	struct acpi_nmi nmis[ACPI_MAX_NMIS];
	u32 n_nmis;

	u16 pm_timer_port; // 0: there is none
	bool pm_timer_32bit;
	u64 hpet_address; // 0: there is none

	u32 n_broken;    // tables and entries that were skipped because they are malformed
	char error[128]; // why there is no usable ACPI, or the first thing that is broken, or ""
};

/*
 * Where the tables are read from. map() returns a pointer to `size` readable bytes at a physical
 * address, valid until acpi_parse() returns, or NULL when any of them cannot be read.
 */
struct acpi_source {
	const void *(*map)(u64 address, size_t size);
};

/*
 * Follows the root pointer in `rsdp` (`rsdp_size` bytes, as struct boot_info holds it) to the XSDT,
 * or the RSDT when there is no good XSDT, and from there reads the MADT, FADT and HPET tables into
 * `out`. Nothing is read that source->map() did not grant; a table with a wrong checksum is as good
 * as none, and of two tables of one kind the first good one counts.
 *
 * Never sleeps; any context; nothing is held. Returns 0 when at least one enabled CPU was found.
 * Errors: -ENODEV, with the reason in out->error: the machine is then to be run on one CPU.
 */
int acpi_parse(const struct acpi_source *source, const void *rsdp, size_t rsdp_size,
	       struct acpi_info *out);
