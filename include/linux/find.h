/* <linux/find.h> for modules: searching bits in arrays of words.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/bitmap.h"
