/* <linux/miscdevice.h> for modules: devices that are alone.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/fs.h>

#include "kernel/files/device.h"
#include "kernel/files/miscdevice.h"
