/* <linux/refcount.h> for modules: how many use an object.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/refcount_mutex.h"
