/* handover.h: another kernel, which the boot loader put into memory beside this one, takes its place.
 * SPDX-License-Identifier: MIT
 *
 * The loader calls such a file a module. Its text is a name, and then the command line of the kernel that it is.
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * handover_section - the bytes of section @section of the module @module, and in @size how many they are; NULL where
 *   there is no such module, or no such section of it in memory.
 * handover_prepare - make ready that the kernel in @module starts, with @words at the end of its command line. Returns
 *   NULL, or a text that says why it cannot.
 * handover_start_other - start it. Interrupts off, on CPU 0, after handover_prepare(), all other CPUs in
 *   handover_halt(), or on their way to its end. Does not return.
 * handover_halt - stop this CPU until the other kernel starts it. Interrupts off. Does not return.
 * Never sleep. The first two in any context, one at a time.
 */
const void *handover_section(const char *module, const char *section, size_t *size);
const char *handover_prepare(const char *module, const char *words);
void handover_start_other(void) __noreturn;
void handover_halt(void) __noreturn;
