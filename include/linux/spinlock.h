/* <linux/spinlock.h> for modules: spinlocks, and as on Linux the reader-writer ones.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
