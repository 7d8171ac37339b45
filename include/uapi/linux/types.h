/* <uapi/linux/types.h> for modules: integer types.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"
