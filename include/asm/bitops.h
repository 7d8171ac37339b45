/* <asm/bitops.h> for modules: atomic bits.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/bitops.h>
