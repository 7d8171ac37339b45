/* <linux/proc_fs.h> for modules: files in /proc. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
