/* <linux/sched/mm.h> for Linux's own tests: memory that is reclaimed.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/linux/include/locking-selftest.h"
