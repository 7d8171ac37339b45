/* <linux/export.h> for modules: what other modules may use.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/module.h"
