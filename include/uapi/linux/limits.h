/* <uapi/linux/limits.h> for modules: limits.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/limits.h"
