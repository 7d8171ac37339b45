/* exit.c: the end of a run.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/layout.h>

#include "kernel/core/printk.h"

static_assert(BOOT_VERDICT == VERDICT_FAIL);

/* How long QEMU may take to stop us. */
#define EXIT_NS 100000000ULL

static const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS:
		return "pass";
	case VERDICT_FAIL:
		return "fail";
	case VERDICT_PANIC:
		return "panic";
	case VERDICT_USAGE:
		return "refused command line";
	}
	return "unknown";
}

void machine_exit(enum verdict verdict)
{
	printk_flush();
	console_drain();
	outl(verdict, DEBUG_EXIT_PORT);
	clock_delay_ns(EXIT_NS);
	pr_plain("the verdict is %s (%#x); there is no isa-debug-exit device at port %#x: halted",
		 verdict_name(verdict), verdict, DEBUG_EXIT_PORT);
	printk_flush();
	arch_park();
}
