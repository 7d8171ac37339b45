/* <linux/seq_file.h> for modules: files whose text is printed when they are read.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/fs.h>

#include "kernel/files/seq_file.h"
