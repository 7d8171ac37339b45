/* <linux/bsearch.h> for modules: searching in a sorted array.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/sort.h"
