/* <linux/bitfield.h> for modules: fields of bits in a word.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/math.h"
