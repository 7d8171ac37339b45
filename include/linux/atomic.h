/* <linux/atomic.h> for modules: integers that many CPUs may change at once.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
