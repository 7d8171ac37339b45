/* <linux/fcntl.h> for modules: how files are opened.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/file.h"
