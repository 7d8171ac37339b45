/* <linux/jiffies.h> for modules: time in units of 1/HZ second.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/jiffies.h"
#include "kernel/core/timex.h"
