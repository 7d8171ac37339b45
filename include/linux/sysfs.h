/* <linux/sysfs.h> for modules: attributes: files of a line.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kref.h"
#include "kernel/files/sysfs.h"
#include "lib/errno.h"
#include "lib/list.h"
