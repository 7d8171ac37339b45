/* ksoftirqd.h: the threads that serve softirqs when interrupts may not.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/* ksoftirqd_init - start one on each CPU. Never sleeps. The first thread, once all CPUs are online. */
void ksoftirqd_init(void);
