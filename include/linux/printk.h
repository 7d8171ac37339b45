/* <linux/printk.h> for modules: messages on the console.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/printk.h"
