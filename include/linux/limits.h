/* <linux/limits.h> for modules: the limits of the integer types.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/limits.h"
