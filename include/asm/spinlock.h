/* <asm/spinlock.h> for modules: spinlocks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/spinlock.h"
