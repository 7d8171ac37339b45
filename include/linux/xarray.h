/* <linux/xarray.h> for modules: arrays of pointers with large gaps.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/xarray.h"
