/* <linux/cdev.h> for modules: character devices.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/chrdev.h"
#include "kernel/files/device.h"
#include "lib/list.h"
