/* <linux/irqnr.h> for modules: numbers of interrupts.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/irq_line.h"
