/* <linux/kfifo.h> for modules: queues in a ring buffer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/mm.h>

#include "kernel/core/kfifo.h"
#include "kernel/core/printk_forms.h"
#include "kernel/files/kfifo_user.h"
#include "lib/err.h"
#include "lib/string.h"
