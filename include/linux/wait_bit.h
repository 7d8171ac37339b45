/* <linux/wait_bit.h> for modules: sleep until a bit is clear, or a variable has changed.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/wait_bit.h"
