/* <asm/string.h> for modules: memory and strings.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/string.h"
