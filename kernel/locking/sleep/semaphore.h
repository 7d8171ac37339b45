/* semaphore.h: a number of units, which threads take, give back, and sleep for.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   `count` units are free; who finds none joins a queue and sleeps. up() does not put its unit back
 *   for everybody to grab: it hands it to the first waiter, sets that waiter's `up` flag, and takes
 *   it out of the queue. So the order of arrival is the order of service, no newcomer overtakes, and a
 *   waiter that is woken has its unit already: it need not look again.
 *
 *      count > 0: nobody waits      count == 0: wait_list, first to last
 *
 *   The price is the hand-over: the unit belongs to a thread that must first be scheduled, while one
 *   that is running could have used it. (Linux's Big Kernel Lock lost 40 % of a benchmark to
 *   this in 2008; a mutex lets a spinner pass, a bounded number of times.)
 *   Timeout and signal against hand-over: both happen under `lock`. A waiter that wakes for either
 *   looks at its `up` flag first, under the lock: with the unit in hand it reports success; without, it
 *   is still in the queue and takes itself out. No unit is lost between the two.
 *   Everything is under `lock`, so the lock's orders are all there is: what is done before up() is seen
 *   after the down() that it lets pass.
 *   up()'s last touch is the release of `lock`, and no waiter leaves without having taken it: a semaphore
 *   may be freed by whoever got the last unit.
 *   It does not: know an owner. Any thread, and an interrupt handler, may call up(); so nothing can
 *   check for misuse, and a mutex is the better lock where one thread takes and gives back. One that is used
 *   so all the same, with a single unit, is in the lock validator's orders: lockdep_unit.c.
 *   Source: Dijkstra, "Cooperating sequential processes" (EWD 123), 1965.
 *
 * RULES
 *   1. down() and its kin sleep: thread context, no spinlock held. down_trylock() and up() do not.
 *   2. Use a mutex where the unit is one and the taker gives it back.
 *   3. down_trylock() returns 0 when it took the unit: the opposite of mutex_trylock(), as in Linux.
 */
#pragma once

#include "kernel/locking/lockdep_unit.h"
#include "kernel/locking/sleep/last_holders.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/list.h"

struct semaphore {
#if CONFIG_CHECKED
	struct lockdep_unit unit; /* first, so that the validator names the semaphore's address */
#endif
	raw_spinlock_t lock;
	unsigned int count;         /* under lock: free units */
	struct list_head wait_list; /* under lock: struct semaphore_waiter, in order of arrival */
#if CONFIG_CHECKED
	const char *name;         /* [I] for reports */
	struct last_holders last; /* under lock: who took units and has not given them back */
#endif
};

#if CONFIG_CHECKED
#define SEMAPHORE_DEBUG_INIT(semname) .name = #semname,
#define SEMAPHORE_NAME(sem)           ((sem)->name)
#define SEMAPHORE_HOLDERS(sem)        (&(sem)->last)
#else
#define SEMAPHORE_DEBUG_INIT(semname)
#define SEMAPHORE_NAME(sem)    ((const char *)NULL)
#define SEMAPHORE_HOLDERS(sem) ((struct last_holders *)NULL)
#endif

#define __SEMAPHORE_INITIALIZER(semname, n)                                                        \
	{                                                                                          \
		.lock = RAW_SPIN_LOCK_UNLOCKED, .count = (n),                                      \
		.wait_list = LIST_HEAD_INIT((semname).wait_list),                                  \
		LOCKDEP_UNIT_INIT(semname, n) SEMAPHORE_DEBUG_INIT(semname)                        \
	}

/* DEFINE_SEMAPHORE(name) has one unit, DEFINE_SEMAPHORE(name, n) has @n: Linux 6.4 went from one to the other. */
#define __SEMAPHORE_UNITS(name, n, ...) (n)
#define DEFINE_SEMAPHORE(name, ...)                                                                \
	struct semaphore name =                                                                    \
		__SEMAPHORE_INITIALIZER(name, __SEMAPHORE_UNITS(name, ##__VA_ARGS__, 1))

/* sema_init - @val units are free, nobody waits. Never sleeps. Any context. */
void sema_init_named(struct semaphore *sem, int val, const char *name, const char *site);
#define sema_init(sem, val) sema_init_named((sem), (val), #sem, LOCK_SITE(#sem))

/*
 * down - take a unit. Sleeps until there is one. Thread context. Prefer the interruptible form.
 * down_interruptible - returns 0 with the unit, or -EINTR without it when a signal came first.
 * down_killable - the same for fatal signals only.
 * down_timeout - sleeps at most @timeout jiffies; returns 0 with the unit, or -ETIME without it.
 */
void down(struct semaphore *sem);
int __must_check down_interruptible(struct semaphore *sem);
int __must_check down_killable(struct semaphore *sem);
int __must_check down_timeout(struct semaphore *sem, long timeout);

/* down_trylock - take a unit if one is free. Never sleeps. Any context but NMI. Returns 0 with the unit, 1
 * without. */
int __must_check down_trylock(struct semaphore *sem);

/* up - give back a unit, or hand it to the first who waits. Never sleeps. Any context but NMI; any thread. */
void up(struct semaphore *sem);
