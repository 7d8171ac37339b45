/* <linux/bitmap.h> for modules: bits in arrays of words.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/bitmap.h"
