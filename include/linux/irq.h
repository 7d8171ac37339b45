/* <linux/irq.h> for modules: interrupts that are requested.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/core/percpu.h"
#include "kernel/irq_line.h"
