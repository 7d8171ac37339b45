/* <linux/printk.h> for modules: messages on the console.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/printk_forms.h"
