/* <linux/list_sort.h> for modules: sorting a list.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/list_sort.h"
