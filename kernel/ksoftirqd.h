/* ksoftirqd.h: the threads that serve softirqs when interrupts may not.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/* ksoftirqd_init - start one on each CPU. Never sleeps. The first thread, once all CPUs are online. */
void ksoftirqd_init(void);

/* ksoftirqd_wake - have this CPU's serve what is pending. Never sleeps. Interrupts off. For softirq.c, which calls it by
 * its address. */
void ksoftirqd_wake(void);
