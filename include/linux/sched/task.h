/* <linux/sched/task.h> for modules: references to threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/uaccess.h>

#include "kernel/sched/task.h"
