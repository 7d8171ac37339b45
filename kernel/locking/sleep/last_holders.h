/* last_holders.h: who a lock without an owner has to do with: for reports of the checked profile.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A semaphore and a completion have no owner: any thread may give what another waits for. But most are
 *   used by few threads, always the same way, and who waits too long is helped by a name. So a semaphore
 *   remembers who took a unit and has not given one back, a completion who completed it. The former may be
 *   expected to give next, the latter to do it again; it is no certainty, and reports say so.
 *   Threads are remembered by number: numbers are not used twice, so nothing dangles.
 *   There is room for few. Who finds none is only counted: then somebody unknown may give, and nobody can
 *   say that all who could are stuck. Nor can one say so of a semaphore that was given by one who had not
 *   taken (`foreign`): it passes on events, and its takers are not those who give.
 *   All of it is under the lock's own lock, and read by reports without.
 */
#pragma once

#include "kernel/sched/task.h"

#define LAST_HOLDERS 4

struct last_holder {
	int pid;             /* 0: none */
	unsigned long where; /* the address that took, or completed */
};

struct last_holders {
	struct last_holder of[LAST_HOLDERS];
	unsigned int unknown; /* those there was no room for, or that were no threads */
	bool foreign;         /* it was given by one who had not taken */
};

#if CONFIG_CHECKED

/* The number of this thread; 0 in a handler, which is no thread. */
static inline int last_holder_self(void)
{
	return in_task() ? current->pid : 0;
}

static inline struct last_holder *last_holder_find(struct last_holders *holders, int pid)
{
	for (u32 i = 0; i < LAST_HOLDERS; i++) {
		if (holders->of[i].pid == pid)
			return &holders->of[i];
	}
	return NULL;
}

/*
 * last_holder_takes - thread @pid took a unit, at @where. last_holder_gives - thread @pid gives one back.
 * last_holder_completes - thread @pid completes, or is going to.
 * Never sleep. Any context but NMI; caller holds the lock's lock.
 */
static inline void last_holder_takes(struct last_holders *holders, int pid, unsigned long where)
{
	struct last_holder *free = pid ? last_holder_find(holders, 0) : NULL;

	if (free)
		*free = (struct last_holder){ pid, where };
	else
		holders->unknown++;
}

static inline void last_holder_gives(struct last_holders *holders, int pid)
{
	struct last_holder *taker = pid ? last_holder_find(holders, pid) : NULL;

	if (taker)
		taker->pid = 0;
	else if (holders->unknown)
		holders->unknown--;
	else
		holders->foreign = true;
}

static inline void last_holder_completes(struct last_holders *holders, int pid, unsigned long where)
{
	struct last_holder *again = pid ? last_holder_find(holders, pid) : NULL;

	if (again)
		again->where = where;
	else
		last_holder_takes(holders, pid, where);
}

#else

static inline int last_holder_self(void)
{
	return 0;
}

static inline void last_holder_takes(struct last_holders *holders, int pid, unsigned long where)
{
}

static inline void last_holder_gives(struct last_holders *holders, int pid)
{
}

static inline void last_holder_completes(struct last_holders *holders, int pid, unsigned long where)
{
}

#endif
