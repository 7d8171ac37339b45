/* <linux/mempool.h> for modules: memory that is kept for when there is no other.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/mempool.h"
