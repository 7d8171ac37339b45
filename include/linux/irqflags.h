/* <linux/irqflags.h> for modules: this CPU's interrupts off and on.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/irqflags.h"
