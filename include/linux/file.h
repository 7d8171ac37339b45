/* <linux/file.h> for modules: open files. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
