/* <linux/kthread.h> for modules: kernel threads, and workers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/kthread.h"
#include "kernel/kthread_worker.h"
