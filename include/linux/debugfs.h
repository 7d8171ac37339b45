/* <linux/debugfs.h> for modules: files in /sys/kernel/debug.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/fs.h>

#include "kernel/files/debugfs.h"
#include "kernel/files/seq_file.h"
