/* <linux/string.h> for modules: memory and strings, and copies of them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kstrdup.h"
#include "lib/errno.h"
#include "lib/string.h"
