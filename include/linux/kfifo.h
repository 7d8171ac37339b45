/* <linux/kfifo.h> for modules: queues in a ring buffer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kfifo.h"
