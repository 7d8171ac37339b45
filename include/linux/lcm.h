/* <linux/lcm.h> for modules: the least common multiple.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/gcd.h"
