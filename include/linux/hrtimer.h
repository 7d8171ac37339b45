/* <linux/hrtimer.h> for modules: functions called at a set time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/hrtimer.h"
#include "kernel/core/jiffies.h"
#include "kernel/core/ktime.h"
#include "kernel/core/percpu.h"
#include "kernel/core/timer_list.h"
#include "kernel/sched/hrtimeout.h"
#include "lib/rbtree.h"
