/* <linux/rbtree_types.h> for modules: the nodes of balanced trees.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/rbtree.h"
