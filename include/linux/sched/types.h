/* <linux/sched/types.h> for modules: threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
