/* <linux/device.h> for modules: devices. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
