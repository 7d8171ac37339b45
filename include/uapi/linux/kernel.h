/* <uapi/linux/kernel.h> for modules: rounding.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/math.h"
