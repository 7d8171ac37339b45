/* <linux/mm_types.h> for modules: programs' memory: there is none; a thread's mm is NULL.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
