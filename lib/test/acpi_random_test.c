/* The ACPI parser on tables that end anywhere, and on tables with random damage. */
/* SPDX-License-Identifier: MIT */
// sources: arch/x86_64/acpi*.c lib/format*.c lib/errname.c lib/string.c
// flags: -include rename.h
#include "lib/test/include/acpi_build.h"

/* A root pointer that is not whole, or whose second half is broken, leads to the RSDT. */
static void half_a_root_pointer_leads_to_the_rsdt(__unused void **state)
{
	build_usual();
	memory[XSDT].size = 0;
	for (size_t size = 0; size < sizeof(rsdp); size++)
		assert_int_equal(parse_sized(size), size < 20 ? -ENODEV : 0);
	assert_int_equal(info.n_broken, 0);
	rsdp[32]++;
	assert_int_equal(parse(), 0);
	assert_int_equal(info.n_broken, 0);
}

/* Every table may end anywhere: whatever it says of its length, the memory is not there. */
static void every_truncation_is_survived(__unused void **state)
{
	for (int place = 0; place < PLACES; place++) {
		u32 size;

		build_usual();
		size = memory[place].size;
		while (memory[place].size--) {
			int result = parse();

			assert_int_equal(result, place == MADT ? -ENODEV : 0);
			if (place != RSDT && place != SSDT)
				assert_int_equal(info.n_broken, 1);
		}
		memory[place].size = size;
		assert_int_equal(parse(), 0);
	}
}

/* And where length and checksum agree with the memory. */
static void every_shorter_table_is_survived(__unused void **state)
{
	for (int place = 0; place < PLACES; place++) {
		build_usual();
		while (memory[place].size > 36) {
			memory[place].size--;
			finish(place);
			if (parse() == 0)
				assert_true(info.n_cpus > 0);
		}
	}
}

/* What must be true of any result. */
static void check_result(int result, unsigned long round)
{
	if (result != (info.n_cpus ? 0 : -ENODEV))
		fail_in_round(round, "%d with %u CPUs", result, info.n_cpus);
	if (strnlen(info.error, sizeof(info.error)) == sizeof(info.error) ||
	    (result && !info.error[0]) || (info.n_broken && !info.error[0]))
		fail_in_round(round, "%d, %u broken: '%.128s'", result, info.n_broken, info.error);
	if (info.n_cpus > ACPI_MAX_CPUS || info.n_ioapics > ACPI_MAX_IOAPICS ||
	    info.n_overrides > ACPI_MAX_OVERRIDES || info.n_nmis > ACPI_MAX_NMIS)
		fail_in_round(round, "a count is too large");
	for (u32 i = 0; i < info.n_cpus; i++) {
		for (u32 j = 0; j < i; j++) {
			if (info.cpus[i].apic_id == info.cpus[j].apic_id)
				fail_in_round(round, "CPUs %u and %u have one APIC id", j, i);
		}
	}
}

/* Changes a byte of a table or of the root pointer, mostly with the checksum made right again. */
static void damage(struct rand_state *rand)
{
	static const u8 extremes[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };
	u8 byte = rand_below(rand, 2) ? (u8)rand_next(rand) :
					extremes[rand_below(rand, sizeof(extremes))];
	u32 place = rand_below(rand, PLACES + 2);

	if (place >= PLACES)
		place = MADT; // where most of the parsing is
	if (!rand_below(rand, 16)) {
		rsdp[rand_below(rand, sizeof(rsdp))] = byte;
		fix_rsdp();
		return;
	}
	memory[place].bytes[rand_below(rand, memory[place].size)] = byte;
	if (rand_below(rand, 8))
		fix_sum(memory[place].bytes, memory[place].size, 9);
}

static void random_damage_does_no_harm(__unused void **state)
{
	unsigned long good = 0;
	struct rand_state rand;
	int result;

	rand_seed(&rand, test_seed());
	for (unsigned long round = 0; round < 100000; round++) {
		if (round % 4 == 0)
			build_usual();
		damage(&rand);
		result = parse();
		check_result(result, round);
		good += result == 0;
	}
	assert_in_range(good, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_root_pointer_leads_to_the_rsdt),
		cmocka_unit_test(every_truncation_is_survived),
		cmocka_unit_test(every_shorter_table_is_survived),
		cmocka_unit_test(random_damage_does_no_harm),
	};

	return cmocka_run_group_tests_name("acpi_random", tests, NULL, NULL);
}
