/* <asm/timex.h> for modules: the cycle counter.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/timex.h"
