/* rcu.h for Linux's own tests of RCU, whose directory it is in.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/linux/include/rcu/rcu.h"
