/* <linux/workqueue.h> for modules: functions called in threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/base/atomic.h"
#include "kernel/base/cpumask_ops.h"
#include "kernel/core/jiffies.h"
#include "kernel/core/timer_list.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/rcu.h"
#include "kernel/workqueue.h"
