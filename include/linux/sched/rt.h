/* <linux/sched/rt.h> for modules: real-time priorities.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"
