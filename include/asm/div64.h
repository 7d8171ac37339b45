/* <asm/div64.h> for modules: division of 64-bit numbers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/math.h"
