/* <uapi/linux/const.h> for modules: constants.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
