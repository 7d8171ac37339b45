/* <linux/ww_mutex.h> for Linux's own tests: mutexes that give way to older ones.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/linux/include/locking-selftest.h"
