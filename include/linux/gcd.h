/* <linux/gcd.h> for modules: the greatest common divisor.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/gcd.h"
