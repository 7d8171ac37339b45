/* <linux/debug_locks.h> for modules: whether locks are checked.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/lockdep.h"
