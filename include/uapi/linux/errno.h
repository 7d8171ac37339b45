/* <uapi/linux/errno.h> for modules: error numbers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/errno.h"
