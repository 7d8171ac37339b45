/* <linux/init_task.h> for modules: the first thread.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
