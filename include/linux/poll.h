/* <linux/poll.h> for modules: waiting for files.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/fs.h>

#include "kernel/files/poll.h"
