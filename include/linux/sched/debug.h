/* <linux/sched/debug.h> for modules: printing threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
