/* <linux/sched/prio.h> for modules: priorities.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
