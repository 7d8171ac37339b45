/* <linux/bits.h> for modules: bits of a word.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/bits.h"
