/* <linux/radix-tree.h> for modules: older names of arrays with large gaps.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/radix_tree.h"
#include "kernel/xarray.h"
#include "lib/bitmap.h"
#include "lib/list.h"
