/* <linux/sched/clock.h> for modules: the scheduler's clock.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"
