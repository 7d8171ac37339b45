/* <linux/hardirq.h> for modules: in which context this is.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/preempt.h"
#include "kernel/base/irqflags.h"
