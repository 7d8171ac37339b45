/* <linux/dcache.h> for modules: the names of files.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/node.h"
