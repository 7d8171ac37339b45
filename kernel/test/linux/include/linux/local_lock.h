/* <linux/local_lock.h> for Linux's own tests: locks of one CPU's data.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/linux/include/locking-selftest.h"
