/* torture.h: one body that tortures every lock: what it must know of a lock.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Threads, twice as many as CPUs, take and release one lock in all its ways: plainly, by trying, with
 *   a timeout, until a signal comes; handlers do so too, where the lock allows it. Inside they update
 *   or read data of several words, for a random time, asleep, preempted or moved to another CPU if
 *   they may. A stirrer sends signals, moves threads, changes priorities, and keeps CPUs from them.
 *   It runs in rounds: at the end of each everybody must come out. Who does not is found by looking:
 *
 *       all others are out, nobody is inside, nobody else can act, and it sleeps: its wake-up is lost
 *
 *   What is checked, and where it can be seen without a race:
 *     - who is inside with whom: counters, changed while the lock is held;
 *     - no update is lost, no reader sees half of one: the words of struct guarded;
 *     - tickets are served in turn: the ticket served is the number of acquisitions so far, which is
 *       counted under the lock;
 *     - sleepers are served in order of arrival: the holder of the only unit sees a thread asleep for
 *       it. Whoever starts after that and gets in while that thread still waits has overtaken it;
 *     - a lock's own promises, by `ends_well`.
 *   Every lock has a broken twin, the same with one thing wrong, which must fail in the same body; or
 *   else the body has seen nothing, and the lock's own test fails.
 *
 *   Rare orders are made common in the manner of probabilistic concurrency testing (Burckhardt, Kothari,
 *   Musuvathi and Nagarakatte, ASPLOS 2010): random priorities, changed at random points, decide who
 *   runs, so a bug that needs d ordered steps is met with a probability that does not depend on how
 *   seldom chance alone makes them. Here the points are the operations on the lock and, in the checked
 *   profile, every spinlock inside it (perturb.h). Each thread has its own generators, seeded by SEED and
 *   its number: a seed fixes what is decided, and not when an emulated CPU runs.
 */
#pragma once

#include "kernel/test/lock_test.h"

/* What somebody who holds the lock, or tries to, carries along. */
struct torture_hold {
	struct guarded *data; /* what it guards: a way may put another here */
	unsigned long word;   /* for the way: flags, an index, a ticket */
	void *room[4];        /* for the way: a node of its queue */
};

enum torture_patience {
	WAY_WAITS,    /* until it has the lock */
	WAY_SIGNAL,   /* the same, or until a signal comes */
	WAY_BY_ITSELF /* returns by itself: it tries, or a timer ends it */
};

/* A way to take the lock, and the release that goes with it. A list of them ends with an empty one. */
struct torture_way {
	const char *name;
	bool (*take)(struct torture_hold *hold); /* returns whether it has the lock now */
	void (*release)(struct torture_hold *hold);
	enum torture_patience patience;
	bool (*valid)(struct torture_hold *hold); /* readers: whether what they saw counts */
};

#define TORTURE_WAY(way_name, way_take, way_release, way_patience)                                 \
	{                                                                                          \
		.name = (way_name), .take = (way_take), .release = (way_release),                  \
		.patience = (way_patience),                                                        \
	}
#define TORTURE_END                                                                                \
	{                                                                                          \
		.take = NULL                                                                       \
	}

/*
 * A lock. Ways are called by threads; irq_ways in interrupt context with interrupts off or, where
 * irq_is_soft, in a softirq with interrupts on; NULL: none.
 * describe - say how the lock is, into @buf. rescue - let a waiter go whose wake-up is lost, if a
 * wake-up alone does not. ends_well - whether all is as it must be when nobody is inside.
 */
struct torture_ops {
	const char *name;
	const char *broken;             /* of a twin: what is wrong with it */
	const struct torture_ops *twin; /* of a lock: its broken twin */
	unsigned int units;             /* writers inside at once; 0 means 1 */
	bool readers_see_writers;       /* they may be inside together */
	bool in_order;                  /* who waits asleep is served in order of arrival */
	bool irq_is_soft;
	const struct torture_way *writers, *readers, *irq_writers, *irq_readers;
	void (*init)(void);
	void (*exit)(void);
	u32 (*turn)(const struct torture_hold *hold); /* the ticket that is served */
	const struct guarded *(*data)(void); /* where the data is at the end, if it moves */
	void (*describe)(char *buf, size_t n);
	void (*rescue)(void);
	bool (*ends_well)(void);
};

/*
 * TORTURE(name) = { ... }; - the test torture_name, which `make torture LOCK=name` runs for longer.
 */
#define TORTURE(type)                                                                              \
	static const struct torture_ops torture_##type;                                            \
	TEST(torture_##type)                                                                       \
	{                                                                                          \
		torture_test(&torture_##type);                                                     \
	}                                                                                          \
	static const struct torture_ops torture_##type

/* torture_test - torture a lock, and its twin, in the test that runs. Sleeps. Thread context. */
void torture_test(const struct torture_ops *ops);

/* torture_set_time - for how long, from now on. */
void torture_set_time(unsigned int ms);

/* torture_nothing - a release, or a take, that does nothing: for twins. */
bool torture_take_nothing(struct torture_hold *hold);
void torture_release_nothing(struct torture_hold *hold);
