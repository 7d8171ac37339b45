/* <linux/rwlock_types.h> for modules: reader-writer spinlocks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/rwlock.h"
