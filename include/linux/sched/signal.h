/* <linux/sched/signal.h> for modules: signals to threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/cred.h>
#include <linux/percpu_counter.h>
#include <linux/sched/task.h>

#include "kernel/sched/signal.h"
