/* <linux/seq_file.h> for modules: their contents. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
