/* <linux/time64.h> for modules: seconds and nanoseconds.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/ktime.h"
