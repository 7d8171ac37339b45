/* <linux/timer.h> for modules: functions called at a jiffy, in softirq context.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/jiffies.h"
#include "kernel/core/ktime.h"
#include "kernel/core/timer_list.h"
#include "lib/list.h"
