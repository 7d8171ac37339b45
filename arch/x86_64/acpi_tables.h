/* The layout of the ACPI tables, and what the two files that read them share. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "arch/x86_64/acpi.h"
#include "lib/macros.h"
#include "lib/types.h"

/*
 * The layouts are those of the ACPI Specification 6.4, section 5.2, and of the IA-PC HPET
 * Specification 1.0a, section 3.2.4. Tables may be at any address, and most of their fields are
 * not aligned: hence __packed everywhere.
 */
struct rsdp {
	char signature[8];
	u8 checksum; // of the first 20 bytes
	char oem_id[6];
	u8 revision; // 0: the structure ends after rsdt_address
	u32 rsdt_address;
	u32 length;
	u64 xsdt_address;
	u8 extended_checksum; // of all `length` bytes
	u8 reserved[3];
} __packed;

#define RSDP_SIZE_OLD 20

struct acpi_table {
	char signature[4];
	u32 length; // of the whole table, this header included
	u8 revision, checksum;
	char oem_id[6], oem_table_id[8];
	u32 oem_revision, creator_id, creator_revision;
} __packed;

/* A Generic Address Structure, and two of its address spaces. */
struct address {
	u8 space, bit_width, bit_offset, access_size;
	u64 address;
} __packed;

#define SPACE_MEMORY 0
#define SPACE_IO     1

struct fadt {
	struct acpi_table header;
	u8 unread_1[40];
	u32 pm_timer_block;
	u8 unread_2[11];
	u8 pm_timer_length;
	u8 unread_3[20];
	u32 flags;
	u8 unread_4[92];
	struct address x_pm_timer_block;
} __packed;

static_assert(offsetof(struct fadt, pm_timer_block) == 76);
static_assert(offsetof(struct fadt, pm_timer_length) == 91);
static_assert(offsetof(struct fadt, flags) == 112);
static_assert(offsetof(struct fadt, x_pm_timer_block) == 208);

#define FADT_TIMER_32BIT BIT(8)

struct hpet {
	struct acpi_table header;
	u32 block_id;
	struct address base;
} __packed;

struct madt {
	struct acpi_table header;
	u32 lapic_address;
	u32 flags;
} __packed;

#define MADT_HAS_8259 BIT(0)

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_NMI = 4,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
	MADT_X2APIC_NMI = 10,
	MADT_TYPES,
};

struct madt_entry {
	u8 type, length; // the length counts these two bytes
} __packed;

struct madt_lapic {
	struct madt_entry entry;
	u8 uid, apic_id;
	u32 flags;
} __packed;

struct madt_x2apic {
	struct madt_entry entry;
	u16 reserved;
	u32 apic_id, flags, uid;
} __packed;

#define CPU_ENABLED        BIT(0)
#define CPU_ONLINE_CAPABLE BIT(1)

struct madt_ioapic {
	struct madt_entry entry;
	u8 id, reserved;
	u32 address, gsi_base;
} __packed;

struct madt_override {
	struct madt_entry entry;
	u8 bus, irq;
	u32 gsi;
	u16 flags;
} __packed;

struct madt_lapic_nmi {
	struct madt_entry entry;
	u8 uid;
	u16 flags;
	u8 lint;
} __packed;

struct madt_x2apic_nmi {
	struct madt_entry entry;
	u16 flags;
	u32 uid;
	u8 lint, reserved[3];
} __packed;

struct madt_lapic_address {
	struct madt_entry entry;
	u16 reserved;
	u64 address;
} __packed;

/* Counts something malformed that is left out; the first such text is kept in out->error. */
void acpi_note_broken(struct acpi_info *out, const char *format, ...) __printf(2, 3);

/* Reads a MADT whose length and checksum are right; false when it is too short to be one. */
bool acpi_parse_madt(const struct acpi_table *table, struct acpi_info *out);
