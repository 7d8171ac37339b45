/* <linux/percpu_counter.h> for modules: a counter that all CPUs count in without meeting.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/percpu_counter.h"
