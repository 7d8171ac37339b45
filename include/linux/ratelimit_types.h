/* <linux/ratelimit_types.h> for modules: saying something not too often.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/ratelimit.h"
