/* <linux/lockdep.h> for modules: whether a lock is held here.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/held.h"
