/* <linux/kthread.h> for modules: kernel threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/kthread.h"
