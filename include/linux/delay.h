/* <linux/delay.h> for modules: sleeping and busy-waiting for a length of time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/jiffies.h"
#include "kernel/sched/sched.h"
