/* <linux/minmax.h> for modules: the smaller, the larger, the nearest within limits.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/math.h"
