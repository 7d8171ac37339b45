/* <linux/list.h> for modules: doubly linked lists.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/list.h"
