/* <linux/hash.h> for modules: hashing of numbers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/hash.h"
