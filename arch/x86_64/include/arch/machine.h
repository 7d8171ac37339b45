/* machine.h: the machine as a whole, as the boot order sees it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/boot_info.h>

#include "lib/types.h"

#define MACHINE_NAME "x86_64" /* as `uname -m` has it */

/*
 * machine_boot_info - read what the boot loader left at @info, with its @magic, once and for all.
 * Never sleeps. Boot CPU, interrupts off, before memory is handed out: @info may lie anywhere in it.
 * Panics, saying why, when no multiboot2 loader was here or what it left makes no sense.
 */
const struct boot_info *machine_boot_info(u32 magic, const void *info);

/*
 * machine_init - find the CPUs, the interrupt controllers and the clock, and prepare the CPUs.
 * Never sleeps. Boot CPU, interrupts off, memory up. Without usable ACPI tables the machine has one
 * CPU, and the log says why.
 */
void machine_init(const struct boot_info *boot);
