/* <linux/hex.h> for modules: hexadecimal digits.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/ctype.h"
#include "lib/hexdump.h"
