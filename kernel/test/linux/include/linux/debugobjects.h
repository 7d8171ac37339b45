/* <linux/debugobjects.h> for Linux's own tests: life cycles of objects, which the locks here watch themselves.
 * SPDX-License-Identifier: MIT
 */
#pragma once
