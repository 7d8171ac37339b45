/* <uapi/linux/sched.h> for modules: scheduling policies.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
