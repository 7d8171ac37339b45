/* <linux/mutex.h> for modules: mutual exclusion between threads that may sleep.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/mutex.h"
