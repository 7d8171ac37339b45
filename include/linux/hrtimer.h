/* <linux/hrtimer.h> for modules: functions called at a set time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/hrtimer.h"
