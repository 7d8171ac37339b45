/* <linux/file.h> for modules: open files.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/file.h"
