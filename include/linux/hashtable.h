/* <linux/hashtable.h> for modules: hash tables of fixed size.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcuhash.h"
