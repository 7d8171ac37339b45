/* <linux/debugfs.h> for modules: files in /sys/kernel/debug. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
