/* <linux/sched/task_stack.h> for modules: threads' stacks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
