/* stop_machine.h: run a function while no other code runs anywhere.
 * SPDX-License-Identifier: MIT
 */
#pragma once

struct cpumask;

/*
 * stop_machine - call @fn(@data) with interrupts off on the CPUs of @cpus, on the first one if that is NULL, while all others spin with
 *   interrupts off. Every CPU has come there from a thread that could be preempted: none is in an interrupt handler, a softirq,
 *   an RCU reader, or has a spinlock. It costs all CPUs' time: nearly any lock is better.
 * Sleeps. Thread context, nothing held that others wait for with preemption off. Returns what @fn does, of several calls
 * that are not 0 one; or -ENOMEM. stop_machine_cpuslocked - the same under cpus_read_lock().
 */
int stop_machine(int (*fn)(void *data), void *data, const struct cpumask *cpus);
#define stop_machine_cpuslocked(fn, data, cpus) stop_machine((fn), (data), (cpus))
