/* lockdep_unit.h: what a semaphore tells the lock validator: one unit, taken and given back, is a lock.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/lockdep.h"

#if CONFIG_CHECKED

/* A semaphore's part. [a] atomic */
struct lockdep_unit {
	struct lockdep_map dep_map;
	struct task_struct *taker; /* [a] who took the unit last, and has not given it back */
	bool is_lock;              /* [a] it has one unit, and each time its taker gave it back */
};

#define LOCKDEP_UNIT_INIT(lockname, units)                                                         \
	.unit = { DEP_MAP_INIT(struct lockdep_unit, lockname).is_lock = (units) == 1 },

void lockdep_unit_init(struct lockdep_unit *unit, bool is_lock, const char *name, const char *site);

/*
 * lockdep_unit_wait - this thread is about to wait for the unit, for as long as it takes.
 * lockdep_unit_taken - the unit was taken here; @waited: after lockdep_unit_wait(). lockdep_unit_given - it is about to
 *   be given back here.
 * Never sleep. Any context; what is taken or given in a handler makes it none of a lock's.
 */
void lockdep_unit_wait(struct lockdep_unit *unit, unsigned long where);
void lockdep_unit_taken(struct lockdep_unit *unit, bool waited, unsigned long where);
void lockdep_unit_given(struct lockdep_unit *unit);

#else

#define LOCKDEP_UNIT_INIT(lockname, units)
#define lockdep_unit_init(unit, is_lock, name, site) ((void)(is_lock), (void)(name), (void)(site))
#define lockdep_unit_wait(unit, where)               ((void)0)
#define lockdep_unit_taken(unit, waited, where)      ((void)0)
#define lockdep_unit_given(unit)                     ((void)0)

#endif
