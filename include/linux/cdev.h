/* <linux/cdev.h> for modules: character devices. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
