/* <linux/time.h> for modules: seconds and nanoseconds.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/jiffies.h"
#include "kernel/core/ktime.h"
