/* <linux/sched.h> for modules: threads, sleeping and waking.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"
#include "kernel/sched/task.h"
