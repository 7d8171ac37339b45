/* <linux/platform_device.h> for modules: devices of a board. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
