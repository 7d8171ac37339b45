/* <linux/bitops.h> for modules: single bits, changed atomically, and searched for.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/bitops.h>

#include "lib/bitmap.h"
#include "lib/bits.h"
