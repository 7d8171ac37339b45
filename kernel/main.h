/* main.h: where start.asm comes to in C.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/cpu.h>

#include "lib/macros.h"
#include "lib/types.h"

/* kmain - boot, with what the loader left in its registers. Interrupts off, on the boot stack. */
void kmain(u32 magic, const void *info) __noreturn;

/* run_end - end the run with @verdict, after what is said at its end; warnings make it VERDICT_FAIL. Thread context. */
void run_end(enum verdict verdict) __noreturn;
