/* <linux/rcupdate.h> for modules: read-copy update.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/locking/lockdep.h"
