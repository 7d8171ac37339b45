/* torture_mode.c: mode=torture: the torture tests alone, each for as long as seconds= says.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/cpu.h"
#include "kernel/core/printk.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "kernel/test/torture.h"
#include "lib/format.h"
#include "lib/string.h"

#define PREFIX "torture_"

/* The lock that @test tortures; NULL: none. */
static const char *lock_of(const char *test)
{
	return strncmp(test, PREFIX, sizeof(PREFIX) - 1) ? NULL : test + sizeof(PREFIX) - 1;
}

static bool lock_known(const char *lock)
{
	char test[64];

	snprintf(test, sizeof(test), PREFIX "%s", lock);
	return test_known(test);
}

static void print_lock(const char *test)
{
	if (lock_of(test))
		pr_plain("  %s\n", lock_of(test));
}

static void print_locks(void)
{
	tests_each(print_lock);
}

static bool chosen(const char *test, const char *locks)
{
	return lock_of(test) && name_in_list(lock_of(test), locks);
}

static void print_repeat(const char *test, u64 seed)
{
	pr_plain("# repeat: make torture LOCK=%s SECONDS=%lu SMP=%u SEED=%llu\n", lock_of(test),
		 options.seconds, num_online_cpus(), (unsigned long long)seed);
}

static enum verdict run(const char *locks, u64 seed)
{
	static const struct test_choice torture = { chosen, print_repeat };

	torture_set_time((unsigned int)options.seconds * 1000);
	return tests_run(&torture, locks, seed);
}

MODE(torture, .noun = "lock", .known = lock_known, .print_names = print_locks, .run = run);
