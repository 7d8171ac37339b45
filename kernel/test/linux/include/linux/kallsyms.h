/* <linux/kallsyms.h> for Linux's own tests: names of functions.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/linux/include/locking-selftest.h"
