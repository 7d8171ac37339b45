/* <linux/math.h> for modules: rounding, distances, roots.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/math.h"
