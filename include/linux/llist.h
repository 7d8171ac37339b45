/* <linux/llist.h> for modules: lists without a lock.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/llist.h"
