/* <linux/bit_spinlock.h> for modules: a spinlock in a bit.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/bit_spinlock.h"
