/* <linux/sysfs.h> for modules: files in /sys. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
