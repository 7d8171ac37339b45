/* <linux/kobject.h> for modules: what is shown in /sys. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
