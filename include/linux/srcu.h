/* <linux/srcu.h> for modules: RCU whose readers may sleep.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/srcu.h"
