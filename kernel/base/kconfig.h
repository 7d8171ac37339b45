/* kconfig.h: this build in the words of Linux's configuration, for modules.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"

/* IS_ENABLED(CONFIG_X) - 1 if CONFIG_X is defined as 1, else 0: in C and in #if. The rest are Linux's other names. */
#define __TAKE_SECOND(first, second, ...) second
#define __COMMA_IF_1                      0,
#define __IS_1_EXPANDED(word)             __TAKE_SECOND(word 1, 0)
#define __IS_1_PASTED(value)              __IS_1_EXPANDED(__COMMA_IF_##value)
#define __IS_1(option)                    __IS_1_PASTED(option)
#define IS_ENABLED(option)                IS_BUILTIN(option)
#define IS_BUILTIN(option)                __IS_1(option)
#define IS_REACHABLE(option)              IS_BUILTIN(option)
#define IS_MODULE(option)                 0

#if !CONFIG_UP
#define CONFIG_SMP 1
#endif
#define CONFIG_64BIT      1
#define CONFIG_PRINTK     1
#define CONFIG_HZ         HZ
#define CONFIG_NR_CPUS    NR_CPUS
#define CONFIG_PREEMPT    1
#define CONFIG_PREEMPTION 1
#define CONFIG_MODULES    1
#define CONFIG_RT_MUTEXES 1
#if CONFIG_CHECKED
#define CONFIG_LOCKDEP            1
#define CONFIG_PROVE_LOCKING      1
#define CONFIG_DEBUG_LOCK_ALLOC   1
#define CONFIG_DEBUG_SPINLOCK     1
#define CONFIG_DEBUG_ATOMIC_SLEEP 1
#define CONFIG_DEBUG_LIST         1
#endif
