/* rcu_grace.h: what RCU's thread does: for that thread, and for the explorer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask.h"

/* What one grace period knows of them. All 0 in the beginning. */
struct rcu_looks {
	u64 first[NR_CPUS];      /* each CPU's count when it began */
	struct cpumask holdouts; /* those that may still be in a reader of that time */
};

/*
 * rcu_look_first - begin, after rounds_begin(). rcu_look_again - whether all have been without a reader since.
 * Never sleep. Thread context; who looks is in no reader.
 */
void rcu_look_first(struct rcu_looks *looks);
bool rcu_look_again(struct rcu_looks *looks);

/* rcu_grace_turn - sleep until a grace period is wanted, and see to it. Sleeps. Thread context; one thread's. */
void rcu_grace_turn(void);

extern unsigned long rcu_nr_looks; /* how often it has looked again; written by that thread only */
