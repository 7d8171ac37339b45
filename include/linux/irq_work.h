/* <linux/irq_work.h> for modules: functions called in interrupt context, from an NMI too.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/irq_work.h"
