/* <linux/sched.h> for modules: threads, sleeping and waking.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask_ops.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "kernel/sched/task.h"
