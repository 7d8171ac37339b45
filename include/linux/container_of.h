/* <linux/container_of.h> for modules: from a member to its structure.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
