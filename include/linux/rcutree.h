/* <linux/rcutree.h> for modules: RCU.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"
