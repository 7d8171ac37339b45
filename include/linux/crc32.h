/* <linux/crc32.h> for modules: a checksum.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/crc32.h"
