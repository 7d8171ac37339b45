/* <linux/osq_lock.h> for modules: the queue of a sleeping lock's spinners.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/osq.h"
