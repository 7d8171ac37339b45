/* <linux/wait.h> for modules: sleep until a condition holds.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/wait.h"
#include "kernel/wait_woken.h"
