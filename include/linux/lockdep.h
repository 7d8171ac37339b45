/* <linux/lockdep.h> for modules: the lock validator.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/lockdep.h"
#include "kernel/locking/lockdep_names.h"
