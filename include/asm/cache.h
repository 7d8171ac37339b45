/* <asm/cache.h> for modules: lines of the cache.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
