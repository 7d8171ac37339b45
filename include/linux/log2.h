/* <linux/log2.h> for modules: logarithms and powers of two.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/math.h"
