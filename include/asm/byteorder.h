/* <asm/byteorder.h> for modules: the order of a number's bytes.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/byteorder.h"
