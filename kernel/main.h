/* main.h: where start.asm comes to in C.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/* kmain - boot, with what the loader left in its registers. Interrupts off, on the boot stack. */
void kmain(u32 magic, const void *info) __noreturn;
