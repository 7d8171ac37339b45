/* <linux/platform_device.h> for modules: devices and drivers that find each other by name.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/device.h"
#include "kernel/files/platform_device.h"
