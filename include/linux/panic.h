/* <linux/panic.h> for modules: the end of a run.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
