/* <linux/compiler.h> for modules: attributes, READ_ONCE and WRITE_ONCE, and barriers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/barrier.h>

#include "lib/macros.h"
