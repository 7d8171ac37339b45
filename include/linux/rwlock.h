/* <linux/rwlock.h> for modules: the reader-writer spinlock.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/rwlock.h"
