/* <linux/sort.h> for modules: sorting an array.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/sort.h"
