/* <uapi/linux/stat.h> for modules: permissions and kinds of files.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/node.h"
#include "kernel/module_param.h"
