/* <linux/proc_fs.h> for modules: files in /proc.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/fs.h>

#include "kernel/files/proc_fs.h"
#include "kernel/files/seq_file.h"
