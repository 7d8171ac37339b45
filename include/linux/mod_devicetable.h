/* <linux/mod_devicetable.h> for modules: which devices a driver is for.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/platform_device.h"
