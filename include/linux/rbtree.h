/* <linux/rbtree.h> for modules: balanced trees.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/rbtree.h"
