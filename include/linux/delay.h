/* <linux/delay.h> for modules: sleeping and busy-waiting for a length of time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/core/hrtimer.h"
#include "kernel/core/jiffies.h"
#include "kernel/core/ktime.h"
#include "kernel/core/percpu.h"
#include "kernel/core/printk_forms.h"
#include "kernel/core/timer_list.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/rculist.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/refcount_mutex.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/sched.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/rbtree.h"
#include "lib/string.h"
