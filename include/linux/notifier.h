/* <linux/notifier.h> for modules: chains of callbacks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/notifier.h"
#include "lib/errno.h"
