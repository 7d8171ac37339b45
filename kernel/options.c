/* options.c: the kernel's command line, and its refusal.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/options.h"

#include <arch/boot_info.h>
#include <arch/cpu.h>
#include <arch/debugger.h>

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/debug/race.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "lib/cmdline.h"
#include "lib/format.h"
#include "lib/string.h"

#define BOUND_MAX       1000
#define LOGLEVEL_MAX    8
#define TIMEOUT_MAX     1000000
#define RUN_SECONDS_MAX 86400
#define HUNG_TASK_MAX   86400

struct options options = { .seed = 1,
			   .seconds = 10,
			   .runtime = 3,
			   .timeout = 100,
			   .hung_task = 120,
			   .bound = BOUND_MAX,
			   .maxcpus = NR_CPUS,
			   .loglevel = 7,
			   .race_skip = RACE_SKIP };
static char mode_name[16] = "run";

/* From the linker script. */
extern const struct mode modes_start[], modes_end[];

static const struct cmdline_option table[] = {
	{ "mode", CMDLINE_STRING, mode_name, 1, sizeof(mode_name), "the name of a mode" },
	{ "run", CMDLINE_STRING, options.run, 1, sizeof(options.run), "names with commas between" },
	{ "seed", CMDLINE_NUMBER, &options.seed, 0, ~0UL, NULL },
	{ "seconds", CMDLINE_NUMBER, &options.seconds, 1, RUN_SECONDS_MAX, NULL },
	{ "runtime", CMDLINE_NUMBER, &options.runtime, 0, RUN_SECONDS_MAX, NULL },
	{ "params", CMDLINE_STRING, options.params, 0, sizeof(options.params), "name=value words" },
	{ "ops", CMDLINE_STRING, options.ops, 0, sizeof(options.ops), "commands" },
	{ "timeout", CMDLINE_NUMBER, &options.timeout, 0, TIMEOUT_MAX, NULL },
	{ "hung_task", CMDLINE_NUMBER, &options.hung_task, 0, HUNG_TASK_MAX, NULL },
#if CONFIG_RACE
	{ "race_skip", CMDLINE_NUMBER, &options.race_skip, 1, RACE_SKIP_MAX, NULL },
#endif
	{ "maxcpus", CMDLINE_NUMBER, &options.maxcpus, 1, NR_CPUS, NULL },
	{ "then", CMDLINE_STRING, options.then, 1, sizeof(options.then),
	  "a module of the loader's" },
	{ "table", CMDLINE_NUMBER, &options.table, 0, 1, NULL },
	{ "trace", CMDLINE_NUMBER, &options.trace, 0, 1, NULL },
	{ "gdb", CMDLINE_NUMBER, &options.gdb, 0, 1, NULL },
	{ "panic_on_warn", CMDLINE_NUMBER, &options.panic_on_warn, 0, 1, NULL },
	{ "stats", CMDLINE_NUMBER, &options.stats, 0, 1, NULL },
	{ "model", CMDLINE_STRING, options.model, 1, sizeof(options.model), "sc or tso" },
	{ "bound", CMDLINE_NUMBER, &options.bound, 0, BOUND_MAX, NULL },
	{ "cpus", CMDLINE_NUMBER, &options.cpus, 1, 4, NULL },
	{ "replay", CMDLINE_STRING, options.replay, 1, sizeof(options.replay),
	  "the steps that threads take in turn, as in 0x3,1x2" },
	{ "watch", CMDLINE_STRING, options.watch, 1, sizeof(options.watch),
	  "name@address:bytes with commas between" },
	{ "loglevel", CMDLINE_NUMBER, &options.loglevel, 0, LOGLEVEL_MAX, NULL },
};

static void __noreturn refuse(const char *why)
{
	pr_plain("command line: %s\n", why);
	printk_flush();
	machine_exit(VERDICT_USAGE);
}

const struct mode *mode_find(const char *name)
{
	for (const struct mode *mode = modes_start; mode < modes_end; mode++) {
		if (!strcmp(mode->name, name))
			return mode;
	}
	return NULL;
}

static void __noreturn refuse_mode(void)
{
	char accepted[128];
	size_t used = 0;

	for (const struct mode *mode = modes_start; mode < modes_end; mode++) {
		used += (size_t)scnprintf(accepted + used, sizeof(accepted) - used, "%s%s",
					  used ? ", " : "", mode->name);
	}
	pr_plain("command line: mode=%s: accepted are %s\n", mode_name, accepted);
	printk_flush();
	machine_exit(VERDICT_USAGE);
}

static void check_names(const struct mode *mode)
{
	char unknown[64];

	if (names_all_known(options.run, mode->known, unknown, sizeof(unknown)))
		return;
	pr_plain("command line: run=%s: there is no such %s; there are:\n", unknown, mode->noun);
	mode->print_names();
	printk_flush();
	machine_exit(VERDICT_USAGE);
}

/* What the debugger needs for itself. */
static void check_gdb(void)
{
	if (options.trace)
		refuse("gdb=1: the trace goes over COM2, too: leave out gdb=1 or trace=1");
	if (!strcmp(mode_name, "explore") || !strcmp(mode_name, "play"))
		refuse("gdb=1: the explorer steps instructions itself: leave out gdb=1");
	if (!debug_line_init())
		refuse("gdb=1: there is no serial line COM2 (a 16550 at port 0x2f8): accepted is 0");
}

void options_parse(const struct boot_info *boot)
{
	char error[CMDLINE_WORD_MAX + 256];

	if (boot->cmdline_truncated)
		refuse("longer than the 1023 characters there is room for");
	if (cmdline_parse(boot->cmdline, table, ARRAY_SIZE(table), error, sizeof(error)))
		refuse(error);
	if (options.stats && !CONFIG_CHECKED)
		refuse("stats=1: the fast profile has no statistics of locks: accepted is 0");
	if (options.trace && !CONFIG_CHECKED)
		refuse("trace=1: the fast profile has no trace: accepted is 0");
	printk_set_level((unsigned int)options.loglevel);
	panic_on_warn = options.panic_on_warn;
	options.mode = mode_find(mode_name);
	if (!options.mode)
		refuse_mode();
	check_names(options.mode);
	if (options.gdb)
		check_gdb();
}
