/* <linux/stat.h> for modules: the permissions of its parameters.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/module_param.h"
