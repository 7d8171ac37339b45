/* <linux/stat.h> for modules: what a file is, and who may use it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/node.h"
#include "kernel/module_param.h"
