/* <linux/module.h> for modules: what makes a file a module.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/printk.h"
#include "kernel/module.h"
#include "lib/err.h"
