/* The ACPI parser on tables that are well formed. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/acpi*.c lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h
#include "lib/test/include/acpi_build.h"

static void everything_is_read(__unused void **state)
{
	build_usual();
	assert_int_equal(parse(), 0);
	assert_string_equal(info.error, "");
	assert_int_equal(info.n_broken, 0);
	assert_int_equal(info.n_cpus, 3);
	assert_int_equal(info.cpus[0].apic_id, 0);
	assert_int_equal(info.cpus[1].apic_id, 2);
	assert_int_equal(info.cpus[2].apic_id, 6);
	assert_int_equal(info.cpus[2].uid, 3);
	assert_int_equal(info.n_disabled, 1);
	assert_int_equal(info.n_online_capable + info.n_ignored + info.n_duplicates, 0);
	assert_int_equal(info.lapic_address, 0xfee00000);
	assert_true(info.has_8259);
	assert_int_equal(info.pm_timer_port, 0xb008);
	assert_true(info.pm_timer_32bit);
	assert_int_equal(info.hpet_address, 0xfed00000);
}

static void interrupts_are_read(__unused void **state)
{
	build_usual();
	add_ioapic(9, 0xfec01000, 24);
	add_nmi(3, 0, 0);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_ioapics, 2);
	assert_int_equal(info.ioapics[0].id, 8);
	assert_int_equal(info.ioapics[0].address, 0xfec00000);
	assert_int_equal(info.ioapics[1].gsi_base, 24);
	assert_int_equal(info.n_overrides, 2);
	assert_int_equal(info.overrides[0].irq, 0);
	assert_int_equal(info.overrides[0].gsi, 2);
	assert_int_equal(info.overrides[1].flags, 0xd);
	assert_int_equal(info.n_nmis, 2);
	assert_int_equal(info.nmis[0].uid, ACPI_UID_ALL);
	assert_int_equal(info.nmis[0].flags, 5);
	assert_int_equal(info.nmis[0].lint, 1);
	assert_int_equal(info.nmis[1].uid, 3);
	assert_int_equal(info.nmis[1].lint, 0);
}

static void acpi_1_has_only_an_rsdt(__unused void **state)
{
	build_usual();
	rsdp[15] = 0;
	fix_rsdp();
	memory[XSDT].size = 0;
	assert_int_equal(parse_sized(20), 0);
	assert_int_equal(info.n_broken, 0);
	assert_int_equal(info.n_cpus, 3);
	assert_int_equal(info.hpet_address, 0xfed00000);
}

static void x2apic_entries_are_read(__unused void **state)
{
	static const u32 nmi[3] = { 10 | 12 << 8 | 5 << 16, 300, 1 };

	build_usual();
	add_x2apic(300, 1000, 1);
	add_x2apic(301, 1001, 2);
	append(MADT, nmi, sizeof(nmi));
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_cpus, 4);
	assert_int_equal(info.cpus[3].apic_id, 1000);
	assert_int_equal(info.cpus[3].uid, 300);
	assert_int_equal(info.n_disabled, 2);
	assert_int_equal(info.n_online_capable, 1);
	assert_int_equal(info.nmis[1].uid, 300);
	assert_int_equal(info.nmis[1].flags, 5);
	assert_int_equal(info.nmis[1].lint, 1);
}

static void an_id_counts_once(__unused void **state)
{
	build_usual();
	add_lapic(9, 2, 1);
	add_x2apic(9, 6, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_cpus, 3);
	assert_int_equal(info.n_duplicates, 2);
	assert_int_equal(info.cpus[1].uid, 1);
}

static void too_many_cpus_are_counted(__unused void **state)
{
	build_usual();
	begin_madt();
	for (u32 i = 0; i < ACPI_MAX_CPUS + 50; i++)
		add_x2apic(i, i, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_cpus, ACPI_MAX_CPUS);
	assert_int_equal(info.n_ignored, 50);
	assert_int_equal(info.cpus[ACPI_MAX_CPUS - 1].apic_id, ACPI_MAX_CPUS - 1);
}

static void the_lapic_may_be_elsewhere(__unused void **state)
{
	static const u32 entry[3] = { 5 | 12 << 8, 0x12340000, 0x1 };

	build_usual();
	append(MADT, entry, sizeof(entry));
	assert_int_equal(parse(), 0);
	assert_true(info.lapic_address == 0x112340000ULL);
}

static void unknown_entries_are_stepped_over(__unused void **state)
{
	static const u8 known_to_nobody[40] = { 200, 40 }, too_large[4] = { 255, 4 };

	build_usual();
	append(MADT, known_to_nobody, sizeof(known_to_nobody));
	append(MADT, too_large, sizeof(too_large));
	add_lapic(7, 7, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_cpus, 4);
	assert_int_equal(info.n_broken, 0);
}

static void a_short_fadt_has_the_old_timer(__unused void **state)
{
	build_usual();
	memory[FADT].size = 116;
	set_u32(FADT, 112, 0);
	finish(FADT);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.pm_timer_port, 0x608);
	assert_false(info.pm_timer_32bit);
	assert_int_equal(info.n_broken, 0);
}

static void a_machine_may_have_no_timer(__unused void **state)
{
	build_usual();
	memset(memory[FADT].bytes + 208, 0, 12);
	memory[FADT].bytes[91] = 0;
	finish(FADT);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.pm_timer_port, 0);
	assert_int_equal(info.n_broken, 0);
}

static void the_first_good_table_counts(__unused void **state)
{
	build_usual();
	build_hpet();
	memory[HPET].bytes[44] = 1; // and a checksum that is now wrong
	begin(SSDT, "HPET");
	append_u32(SSDT, 0);
	append_u64(SSDT, 0);
	append_u32(SSDT, 0);
	set_u32(SSDT, 44, 0xfed40000);
	finish(SSDT);
	assert_int_equal(parse(), 0);
	assert_int_equal(info.hpet_address, 0xfed40000);
	build_hpet();
	assert_int_equal(parse(), 0);
	assert_int_equal(info.hpet_address, 0xfed00000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(interrupts_are_read),
		cmocka_unit_test(acpi_1_has_only_an_rsdt),
		cmocka_unit_test(x2apic_entries_are_read),
		cmocka_unit_test(an_id_counts_once),
		cmocka_unit_test(too_many_cpus_are_counted),
		cmocka_unit_test(the_lapic_may_be_elsewhere),
		cmocka_unit_test(unknown_entries_are_stepped_over),
		cmocka_unit_test(a_short_fadt_has_the_old_timer),
		cmocka_unit_test(a_machine_may_have_no_timer),
		cmocka_unit_test(the_first_good_table_counts),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
