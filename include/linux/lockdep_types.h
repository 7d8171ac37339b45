/* <linux/lockdep_types.h> for modules: what locks tell the validator.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/lockdep.h"
