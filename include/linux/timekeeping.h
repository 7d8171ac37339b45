/* <linux/timekeeping.h> for modules: what time it is.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/ktime.h"
