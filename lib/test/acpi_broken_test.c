/* The ACPI parser on tables of which one thing is broken. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/acpi*.c lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h
#include "lib/test/include/acpi_build.h"

/* Each of these leaves ACPI usable: one thing is left out, and the first reason is noted. */
static void xsdt_checksum(void)
{
	memory[XSDT].bytes[9]++;
}

static void xsdt_unreadable(void)
{
	memory[XSDT].size = 0;
}

static void xsdt_cut_short(void)
{
	memory[XSDT].size -= 4;
}

static void xsdt_is_something_else(void)
{
	memcpy(memory[XSDT].bytes, "XSDX", 4);
	finish(XSDT);
}

static void xsdt_length_small(void)
{
	set_u32(XSDT, 4, 35);
}

static void xsdt_length_huge(void)
{
	set_u32(XSDT, 4, U32_MAX);
}

static void fadt_checksum(void)
{
	memory[FADT].bytes[9]++;
}

static void fadt_short(void)
{
	memory[FADT].size = 115;
	finish(FADT);
}

static void fadt_port_too_large(void)
{
	set_u32(FADT, 212, 0x10000);
	finish(FADT);
}

static void hpet_unreadable(void)
{
	memory[HPET].size = 0;
}

static void hpet_in_io_space(void)
{
	memory[HPET].bytes[40] = 1;
	finish(HPET);
}

static void hpet_short(void)
{
	memory[HPET].size = 51;
	finish(HPET);
}

static void entry_of_length_zero(void)
{
	append(MADT, "\0\0", 2);
	add_lapic(7, 7, 1);
}

static void entry_of_length_one(void)
{
	append(MADT, "\0\1", 2);
}

static void entry_of_one_byte(void)
{
	append(MADT, "", 1);
}

static void entry_beyond_the_end(void)
{
	append(MADT, "\0\10\7\7\1\0\0", 7);
}

static void lapic_entry_short(void)
{
	append(MADT, "\0\7\7\7\1\0\0", 7);
}

static void x2apic_entry_short(void)
{
	append(MADT, "\11\10\0\0\0\0\0\0", 8);
}

static void override_of_another_bus(void)
{
	add_override(1, 3, 3, 0);
}

static void override_of_interrupt_16(void)
{
	add_override(0, 16, 3, 0);
}

static void override_twice(void)
{
	add_override(0, 9, 10, 0);
}

static void nmi_on_pin_2(void)
{
	add_nmi(0, 0, 2);
}

static void too_many_ioapics(void)
{
	for (u8 i = 0; i < ACPI_MAX_IOAPICS; i++)
		add_ioapic(i, 0, 0);
}

static void too_many_nmis(void)
{
	for (u8 i = 0; i < ACPI_MAX_NMIS; i++)
		add_nmi(i, 0, 1);
}

static const struct {
	void (*spoil)(void);
	const char *error;
} spoiled[] = {
	{ xsdt_checksum, "the table at 0xe0001 has a wrong checksum" },
	{ xsdt_unreadable, "the table at 0xe0001 cannot be read" },
	{ xsdt_cut_short, "the table at 0xe0001 cannot be read" },
	{ xsdt_is_something_else, "the table at 0xe0001 is no XSDT" },
	{ xsdt_length_small, "the table at 0xe0001 has a length of 35" },
	{ xsdt_length_huge, "the table at 0xe0001 has a length of 4294967295" },
	{ fadt_checksum, "the table at 0x110001 has a wrong checksum" },
	{ fadt_short, "table FACP makes no sense" },
	{ fadt_port_too_large, "table FACP makes no sense" },
	{ hpet_unreadable, "the table at 0x120001 cannot be read" },
	{ hpet_in_io_space, "table HPET makes no sense" },
	{ hpet_short, "table HPET makes no sense" },
	{ entry_of_length_zero, "the MADT's length ends inside the entry at 114" },
	{ entry_of_length_one, "the MADT's length ends inside the entry at 114" },
	{ entry_of_one_byte, "the MADT's length ends inside the entry at 114" },
	{ entry_beyond_the_end, "the MADT's length ends inside the entry at 114" },
	{ lapic_entry_short, "a MADT entry of type 0 has only 7 bytes" },
	{ x2apic_entry_short, "a MADT entry of type 9 has only 8 bytes" },
	{ override_of_another_bus, "interrupt 3 of bus 1 is overridden wrongly" },
	{ override_of_interrupt_16, "interrupt 16 of bus 0 is overridden wrongly" },
	{ override_twice, "interrupt 9 of bus 0 is overridden wrongly" },
	{ nmi_on_pin_2, "the NMI on pin LINT2 of CPU 0 is left out" },
	{ too_many_ioapics, "I/O APIC 15 is one too many" },
	{ too_many_nmis, "the NMI on pin LINT1 of CPU 15 is left out" },
};

static void what_is_broken_is_left_out(__unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(spoiled); i++) {
		build_usual();
		spoiled[i].spoil();
		assert_int_equal(parse(), 0);
		assert_string_equal(info.error, spoiled[i].error);
		assert_int_equal(info.n_broken, 1);
		assert_int_equal(info.n_cpus, 3);
	}
}

/* And each of these leaves none. */
static void rsdp_signature(void)
{
	rsdp[7] = 'X';
	fix_rsdp();
}

static void rsdp_checksum(void)
{
	rsdp[8]++;
}

static void no_root_table(void)
{
	memory[XSDT].size = 0;
	memory[RSDT].bytes[0]++;
}

static void madt_checksum(void)
{
	memory[MADT].bytes[9]++;
}

static void madt_missing(void)
{
	memcpy(memory[MADT].bytes, "XPIC", 4);
	finish(MADT);
}

static void madt_short(void)
{
	memory[MADT].size = 43;
	finish(MADT);
}

static void no_cpus(void)
{
	begin_madt();
}

static void only_disabled_cpus(void)
{
	begin_madt();
	add_lapic(0, 0, 2);
}

static void empty_roots(void)
{
	begin(XSDT, "XSDT");
	append_u32(XSDT, 0); // half an address
}

static const struct {
	void (*spoil)(void);
	const char *error;
} unusable[] = {
	{ rsdp_signature, "there is no ACPI root pointer" },
	{ rsdp_checksum, "the checksum of the ACPI root pointer is wrong" },
	{ no_root_table, "there is neither a good XSDT nor a good RSDT; "
			 "the table at 0xe0001 cannot be read" },
	{ madt_checksum, "there is no good MADT; the table at 0x100001 has a wrong checksum" },
	{ madt_missing, "there is no good MADT" },
	{ madt_short, "there is no good MADT; table APIC makes no sense" },
	{ no_cpus, "the MADT has no enabled CPU" },
	{ only_disabled_cpus, "the MADT has no enabled CPU" },
	{ empty_roots, "there is no good MADT" },
};

static void what_is_unusable_is_refused(__unused void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(unusable); i++) {
		build_usual();
		unusable[i].spoil();
		assert_int_equal(parse(), -ENODEV);
		assert_string_equal(info.error, unusable[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_broken_is_left_out),
		cmocka_unit_test(what_is_unusable_is_refused),
	};

	return cmocka_run_group_tests_name("acpi_broken", tests, NULL, NULL);
}
