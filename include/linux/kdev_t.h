/* <linux/kdev_t.h> for modules: numbers of devices. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
