/* <linux/spinlock_types.h> for modules: spinlocks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/locking/spin/rwlock.h"
