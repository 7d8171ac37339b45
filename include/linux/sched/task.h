/* <linux/sched/task.h> for modules: references to threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
