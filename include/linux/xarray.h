/* <linux/xarray.h> for modules: arrays of pointers with large gaps.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"
#include "kernel/xarray.h"
#include "lib/bitmap.h"
