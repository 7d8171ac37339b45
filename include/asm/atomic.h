/* <asm/atomic.h> for modules: atomics.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
