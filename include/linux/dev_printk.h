/* <linux/dev_printk.h> for modules: messages of devices.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/device.h"
