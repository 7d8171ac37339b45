/* <asm/irqflags.h> for modules: interrupts off and on.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/irqflags.h"
