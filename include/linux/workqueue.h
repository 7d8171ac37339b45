/* <linux/workqueue.h> for modules: functions called in threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/workqueue.h"
