/* <linux/ioctl.h> for modules: commands to devices. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
