/* <linux/local_lock.h> for modules: keeping others off this CPU.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/local_lock.h"
