/* <linux/rtmutex.h> for modules: mutual exclusion between threads, with priority inheritance.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/rtmutex.h"
