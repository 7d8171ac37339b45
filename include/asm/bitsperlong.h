/* <asm/bitsperlong.h> for modules: bits of a long.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
