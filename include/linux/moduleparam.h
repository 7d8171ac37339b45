/* <linux/moduleparam.h> for modules: variables that are set when it is started.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/module_param.h"
