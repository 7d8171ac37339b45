/* <asm/hw_irq.h> for modules: the machine's interrupts. A module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/irq_line.h"
