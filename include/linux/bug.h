/* <linux/bug.h> for modules: conditions that must hold.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
