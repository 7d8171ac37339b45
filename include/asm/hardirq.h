/* <asm/hardirq.h> for modules: whether this is an interrupt.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
