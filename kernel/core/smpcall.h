/* smpcall.h: run a function on other CPUs, in interrupt context.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct cpumask;

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

/*
 * on_each_cpu_mask - the same on the online CPUs of @mask; this one is included if it is in it.
 * on_each_cpu_cond, _mask - on those for which @cond(cpu, @info) is true: asked here, before the first is called.
 * smp_call_function_many - on those of @mask but this one.
 * smp_call_function_any - on one CPU of @mask, this one if it is in it; returns as smp_call_function_single().
 * Never sleep. Thread context, interrupts on.
 */
void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);
void on_each_cpu_cond_mask(bool (*cond)(int cpu, void *info), smp_call_func_t func, void *info,
			   bool wait, const struct cpumask *mask);
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info,
			    bool wait);
int smp_call_function_any(const struct cpumask *mask, smp_call_func_t func, void *info, int wait);
#define on_each_cpu_cond(cond, func, info, wait)                                                   \
	on_each_cpu_cond_mask((cond), (func), (info), (wait), cpu_online_mask)
