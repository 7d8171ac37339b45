/* nmi_test.h: NMIs that tests send to CPUs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/*
 * test_nmi_init - take the tests' NMIs, and call @call, or nothing if it is NULL, in each.
 * test_nmi_send - send one to @cpu; returns false if the last one is still on its way.
 * test_nmi_wait - spin until none is on its way to @cpu; returns whether that is so.
 * test_nmi_taken - how many @cpu has taken.
 * Never sleep. Thread context; the latter three any context.
 */
void test_nmi_init(void (*call)(void));
bool test_nmi_send(u32 cpu);
bool test_nmi_wait(u32 cpu);
u32 test_nmi_taken(u32 cpu);
