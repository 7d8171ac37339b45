/* <linux/irqreturn.h> for modules: what an interrupt handler returns.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/irq_line.h"
