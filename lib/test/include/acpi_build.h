/* Builds ACPI tables in a memory of their own for the tests of their parser, and parses them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "arch/x86_64/acpi.h"
#include "lib/errno.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/test/include/test.h"

// Here and in the tests the plain names are libc's.
#undef memcpy
#undef memset
#undef strnlen

/*
 * The machine's memory: a few tables, each at an address of its own with nothing around it. What
 * the parser maps, it gets as a copy of exactly the size it asked for.
 */
enum place {
	XSDT,
	RSDT,
	MADT,
	FADT,
	HPET,
	SSDT, // a kind of table that nobody reads
	PLACES,
};

#define TABLE_MAX 8192

static struct {
	u8 bytes[TABLE_MAX];
	u32 size; // 0: nothing is there
} memory[PLACES];

static u8 rsdp[36];
static struct acpi_info info;

#define MAPPINGS_MAX 32

static void *mappings[MAPPINGS_MAX];
static size_t n_mappings;

/* Not a multiple of anything: tables need not be aligned. */
static inline u64 address_of(enum place place)
{
	return 0xe0001 + (u64)place * 0x10000;
}

static inline const void *map(u64 address, size_t size)
{
	for (int place = 0; place < PLACES; place++) {
		u64 offset = address - address_of(place);
		void *copy;

		if (offset > memory[place].size || size > memory[place].size - offset)
			continue;
		if (n_mappings == MAPPINGS_MAX)
			return NULL;
		copy = malloc(size);
		memcpy(copy, memory[place].bytes + offset, size);
		mappings[n_mappings++] = copy;
		return copy;
	}
	return NULL;
}

static const struct acpi_source source = { .map = map };

static inline int parse_sized(size_t rsdp_size)
{
	u8 *exact = malloc(rsdp_size);
	int result;

	memcpy(exact, rsdp, rsdp_size);
	memset(&info, 0xaa, sizeof(info));
	n_mappings = 0;
	result = acpi_parse(&source, exact, rsdp_size, &info);
	while (n_mappings)
		free(mappings[--n_mappings]);
	free(exact);
	return result;
}

static inline int parse(void)
{
	return parse_sized(sizeof(rsdp));
}

/* Makes `size` bytes add up to 0 by the one at `at`. */
static inline void fix_sum(u8 *bytes, u32 size, u32 at)
{
	u8 sum = 0;

	bytes[at] = 0;
	for (u32 i = 0; i < size; i++)
		sum += bytes[i];
	bytes[at] = (u8)-sum;
}

static inline void fix_rsdp(void)
{
	fix_sum(rsdp, 20, 8);
	fix_sum(rsdp, 36, 32);
}

static inline void set_u32(enum place place, u32 offset, u32 value)
{
	memcpy(memory[place].bytes + offset, &value, 4);
}

/* Sets the length to what has been appended, and the checksum. */
static inline void finish(enum place place)
{
	set_u32(place, 4, memory[place].size);
	fix_sum(memory[place].bytes, memory[place].size, 9);
}

static inline void append(enum place place, const void *bytes, u32 size)
{
	assert_true(memory[place].size + size <= TABLE_MAX);
	memcpy(memory[place].bytes + memory[place].size, bytes, size);
	memory[place].size += size;
	finish(place);
}

static inline void begin(enum place place, const char *signature)
{
	memset(memory[place].bytes, 0, TABLE_MAX);
	memcpy(memory[place].bytes, signature, 4);
	memory[place].size = 36;
	finish(place);
}

static inline void append_u32(enum place place, u32 value)
{
	append(place, &value, 4);
}

static inline void append_u64(enum place place, u64 value)
{
	append(place, &value, 8);
}

/* Entries of the MADT. */
static inline void add_lapic(u8 uid, u8 apic_id, u32 flags)
{
	const u8 entry[8] = { 0, 8, uid, apic_id, (u8)flags };

	append(MADT, entry, sizeof(entry));
}

static inline void add_x2apic(u32 uid, u32 apic_id, u32 flags)
{
	const u32 entry[4] = { 9 | 16 << 8, apic_id, flags, uid };

	append(MADT, entry, sizeof(entry));
}

static inline void add_ioapic(u8 id, u32 address, u32 gsi_base)
{
	const u32 entry[3] = { 1 | 12 << 8 | (u32)id << 16, address, gsi_base };

	append(MADT, entry, sizeof(entry));
}

static inline void add_override(u8 bus, u8 irq, u8 gsi, u8 flags)
{
	const u8 entry[10] = { 2, 10, bus, irq, gsi, 0, 0, 0, flags, 0 };

	append(MADT, entry, sizeof(entry));
}

static inline void add_nmi(u8 uid, u8 flags, u8 lint)
{
	const u8 entry[6] = { 4, 6, uid, flags, 0, lint };

	append(MADT, entry, sizeof(entry));
}

static inline void begin_madt(void)
{
	begin(MADT, "APIC");
	append_u32(MADT, 0xfee00000);
	append_u32(MADT, 1);
}

static inline void build_fadt(void)
{
	static const u8 x_pm_timer_block[12] = { 1, 32, 0, 3, 0x08, 0xb0 };
	static const u8 zeros[172];

	begin(FADT, "FACP");
	append(FADT, zeros, sizeof(zeros));
	append(FADT, x_pm_timer_block, sizeof(x_pm_timer_block));
	set_u32(FADT, 76, 0x608);
	memory[FADT].bytes[91] = 4;
	set_u32(FADT, 112, BIT(8));
	finish(FADT);
}

static inline void build_hpet(void)
{
	static const u8 base[12] = { 0, 64, 0, 0, 0, 0, 0xd0, 0xfe };

	begin(HPET, "HPET");
	append_u32(HPET, 0x8086a201);
	append(HPET, base, sizeof(base));
}

static inline void build_rsdp(void)
{
	u32 rsdt = (u32)address_of(RSDT), size = 36;
	u64 xsdt = address_of(XSDT);

	memset(rsdp, 0, sizeof(rsdp));
	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = 2;
	memcpy(rsdp + 16, &rsdt, 4);
	memcpy(rsdp + 20, &size, 4);
	memcpy(rsdp + 24, &xsdt, 8);
	fix_rsdp();
}

/* A machine of 4 CPUs, of which one is disabled, as firmware describes it. */
static inline void build_usual(void)
{
	build_rsdp();
	begin(XSDT, "XSDT");
	begin(RSDT, "RSDT");
	for (int place = MADT; place < PLACES; place++) {
		append_u64(XSDT, address_of(place));
		append_u32(RSDT, (u32)address_of(place));
	}
	begin(SSDT, "SSDT");
	build_fadt();
	build_hpet();
	begin_madt();
	add_lapic(0, 0, 1);
	add_lapic(1, 2, 1);
	add_lapic(2, 4, 0);
	add_lapic(3, 6, 1);
	add_ioapic(8, 0xfec00000, 0);
	add_override(0, 0, 2, 0);
	add_override(0, 9, 9, 0xd);
	add_nmi(0xff, 5, 1);
}
