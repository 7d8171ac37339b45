/* <linux/circ_buf.h> for modules: counting in a ring buffer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/circ_buf.h"
