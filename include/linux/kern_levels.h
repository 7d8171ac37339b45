/* <linux/kern_levels.h> for modules: levels of messages.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/printk.h"
