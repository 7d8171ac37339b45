/* <linux/freezer.h> for modules: threads of a machine that is suspended.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/freezer.h"
