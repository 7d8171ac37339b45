/* <linux/bitmap.h> for modules: bits in arrays of words.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/bitmap_alloc.h"
#include "lib/bitmap.h"
#include "lib/string.h"
