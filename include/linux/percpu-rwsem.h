/* <linux/percpu-rwsem.h> for modules: a lock for many readers, each on its CPU, or one writer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/percpu_rwsem.h"
