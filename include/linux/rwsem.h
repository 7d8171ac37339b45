/* <linux/rwsem.h> for modules: a sleeping lock for many readers or one writer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/rwsem.h"
