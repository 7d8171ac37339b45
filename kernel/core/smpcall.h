/* smpcall.h: run a function on other CPUs, in interrupt context.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

typedef void (*smp_call_func_t)(void *info);

void smpcall_init(void); /* boot CPU; registers with the IPI */

/*
 * smp_call_function_single - run @func(@info) on CPU @cpu; with @wait return only after it has run.
 * Never sleeps. Thread context, interrupts on (two CPUs that waited for each other with interrupts
 * off would hang). Returns 0, or -ENXIO when @cpu is not online, -ENOMEM when there is no memory for
 * a call that is not waited for.
 */
int smp_call_function_single(u32 cpu, smp_call_func_t func, void *info, bool wait);

/*
 * on_each_cpu - run @func(@info) on every online CPU, this one included (there with interrupts off).
 * smp_call_function - the same without this one.
 * Never sleep. Thread context, interrupts on.
 */
void on_each_cpu(smp_call_func_t func, void *info, bool wait);
void smp_call_function(smp_call_func_t func, void *info, bool wait);
