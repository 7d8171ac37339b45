/* <asm/irq.h> for modules: interrupts that are requested.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/irq_line.h"
