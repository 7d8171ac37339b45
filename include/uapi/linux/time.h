/* <uapi/linux/time.h> for modules: time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/ktime.h"
