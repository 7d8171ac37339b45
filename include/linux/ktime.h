/* <linux/ktime.h> for modules: time in nanoseconds.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/jiffies.h"
#include "kernel/core/ktime.h"
#include "kernel/core/timer.h"
