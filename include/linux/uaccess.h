/* <linux/uaccess.h> for modules: user programs' memory. There is none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
