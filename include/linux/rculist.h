/* <linux/rculist.h> for modules: lists that readers walk while they are changed.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/locking/rculist.h"
#include "lib/list.h"
