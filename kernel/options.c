/* options.c: the kernel's command line, and its refusal.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/options.h"

#include <arch/boot_info.h>
#include <arch/cpu.h>

#include "kernel/core/printk.h"
#include "kernel/module.h"
#include "kernel/test/test.h"
#include "lib/cmdline.h"

#define LOGLEVEL_MAX 8
#define SECONDS_MAX  1000000

struct options options = { .seed = 1, .timeout = 100, .loglevel = 7 };

static const struct cmdline_option table[] = {
	{ "mode", CMDLINE_CHOICE, &options.mode, 0, 0, "run|test" },
	{ "run", CMDLINE_STRING, options.run, 1, sizeof(options.run), "names with commas between" },
	{ "seed", CMDLINE_NUMBER, &options.seed, 0, ~0UL, NULL },
	{ "timeout", CMDLINE_NUMBER, &options.timeout, 0, SECONDS_MAX, NULL },
	{ "loglevel", CMDLINE_NUMBER, &options.loglevel, 0, LOGLEVEL_MAX, NULL },
};

static void __noreturn refuse(const char *why)
{
	pr_plain("command line: %s\n", why);
	printk_flush();
	machine_exit(VERDICT_USAGE);
}

static void check_names(void)
{
	char unknown[64];
	bool test = options.mode == MODE_TEST;

	if (test ? tests_check_names(options.run, unknown, sizeof(unknown)) :
		   modules_check_names(options.run, unknown, sizeof(unknown)))
		return;
	pr_plain("command line: run=%s: there is no such %s; there are:\n", unknown,
		 test ? "test" : "demo");
	if (test)
		tests_print_names();
	else
		modules_print_names();
	printk_flush();
	machine_exit(VERDICT_USAGE);
}

void options_parse(const struct boot_info *boot)
{
	char error[CMDLINE_WORD_MAX + 256];

	if (boot->cmdline_truncated)
		refuse("longer than the 1023 characters there is room for");
	if (cmdline_parse(boot->cmdline, table, ARRAY_SIZE(table), error, sizeof(error)))
		refuse(error);
	printk_set_level((unsigned int)options.loglevel);
	check_names();
}
