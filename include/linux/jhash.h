/* <linux/jhash.h> for modules: a hash of bytes and words.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/bits.h"
#include "lib/jhash.h"
