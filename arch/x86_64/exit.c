/* exit.c: the end of a run.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/debugger.h>
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

/* The exit status of `make run` for it. */
static unsigned int verdict_status(enum verdict verdict)
{
	static const u8 statuses[] = {
		[VERDICT_PASS - VERDICT_PASS] = 0,
		[VERDICT_FAIL - VERDICT_PASS] = 1,
		[VERDICT_PANIC - VERDICT_PASS] = 4,
		[VERDICT_USAGE - VERDICT_PASS] = 2,
	};

	return statuses[verdict - VERDICT_PASS];
}

void machine_exit(enum verdict verdict)
{
	printk_flush();
	console_drain();
	debugger_exit(verdict_status(verdict));
	outl(verdict, DEBUG_EXIT_PORT);
	clock_delay_ns(EXIT_NS);
	pr_plain("the verdict is %s (%#x); there is no isa-debug-exit device at port %#x: halted",
		 verdict_name(verdict), verdict, DEBUG_EXIT_PORT);
	printk_flush();
	arch_park();
}

#define RESET_PORT         0xcf9 // of PCI chipsets
#define RESET_SYSTEM       0x02
#define RESET_CPU          0x04
#define KEYBOARD_PORT      0x64 // its controller's second output pin resets the CPU
#define KEYBOARD_PULSE_LOW 0xfe

void machine_reset(void)
{
	printk_flush();
	console_drain();
	outb(RESET_SYSTEM, RESET_PORT);
	outb(RESET_SYSTEM | RESET_CPU, RESET_PORT);
	clock_delay_ns(EXIT_NS);
	outb(KEYBOARD_PULSE_LOW, KEYBOARD_PORT);
	clock_delay_ns(EXIT_NS);
	pr_plain("this machine cannot be reset by software: halted");
	printk_flush();
	arch_park();
}
