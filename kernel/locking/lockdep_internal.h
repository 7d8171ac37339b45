/* lockdep_internal.h: the validator's data, for its own files and for who prints its reports.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/locking/lockdep.h"

#if CONFIG_CHECKED

#define MAX_LOCKDEP_KEYS    2048
#define MAX_LOCKDEP_ENTRIES 16384
#define MAX_LOCKDEP_PATH    64 /* edges of a reported path */

/* How a class was used with respect to interrupts: a bit each, 4 * state + 2 * direction + read. */
#define USAGE_READ    1U
#define USAGE_ENABLED 2U /* taken, or held, with them on; without: taken in one */
#define USAGE_HARDIRQ 0U
#define USAGE_SOFTIRQ 4U
#define USAGE_BITS    8U

#define USAGE_MASK_WRITE   0x55U /* those of writers */
#define USAGE_MASK_USED_IN 0x33U

/*
 * [g] under the graph lock; read by anybody, and steady as long as the class is. Number 0 is no class.
 */
struct lock_class {
	const void *key; /* [g] NULL: free */
	const char *name;
	const char *site;
	u16 subclass;
	bool is_signal;    /* [g] semaphores that no one thread gives back: left out for good */
	bool is_event;     /* completions */
	bool is_local;     /* local_lock_t */
	bool is_function;  /* the calls of a function */
	u16 next_hash;     /* [g] */
	u16 after, before; /* [g] the first edge from it, and to it */
	u32 usage;         /* [g] bits as above */
	u32 refused;       /* [g] bits that were reported instead */
	u32 traces[USAGE_BITS]; /* [g] where each was first seen */
};

/* The kinds of an edge, a bit each: how the first was held (shared or exclusive), how the second is taken (by a
 * recursive reader or not). */
#define EDGE_SR 1U
#define EDGE_ER 2U
#define EDGE_SN 4U
#define EDGE_EN 8U

/* "A lock of `to` was taken while one of `from` was held." [g] all */
struct lock_edge {
	u16 from, to;
	u16 next_after, next_before; /* in the lists of `from`, and of `to` */
	u8 kinds;                    /* EDGE_* that are part of the graph */
	u8 refused;                  /* those that were reported instead */
	u32 trace;                   /* where it was first seen */
};

extern struct lock_class lockdep_classes[MAX_LOCKDEP_KEYS];
extern struct lock_edge lockdep_edges[MAX_LOCKDEP_ENTRIES];

/* What is found wrong. Edges are numbers in lockdep_edges. */
enum lockdep_problem {
	LOCKDEP_RECURSION, /* two of one class */
	LOCKDEP_CYCLE,     /* a circle of orders */
	LOCKDEP_USAGE,     /* a class both in interrupts and with them on */
	LOCKDEP_INVERSION, /* the same of two classes, seen when the usage of one became known */
	LOCKDEP_UNSAFE,    /* the same, seen when their order became known */
	LOCKDEP_INIT_HELD, /* a held lock is initialized */
	LOCKDEP_NOT_HELD,  /* an assertion, or the outer lock of a nest */
	LOCKDEP_FULL,      /* a table of the validator is */
};

struct lockdep_report {
	enum lockdep_problem problem;
	const struct lockdep_task *task; /* the thread, with what it holds */
	const struct lockdep_held *held; /* the older lock, or NULL */
	const struct lockdep_held *next; /* the lock that it is about, or NULL */
	const char *what;                /* for the last four: what is wrong */
	unsigned long where;             /* and where */
	u16 path[MAX_LOCKDEP_PATH]; /* edges from `next` to `held`; or from the used-in class to the other */
	u32 length,
		split; /* split, of LOCKDEP_UNSAFE: from there on it leads from the safe class to `held` */
	u16 safe, unsafe; /* the classes that are used in interrupts, and with them on */
	u32 safe_bit, unsafe_bit;
};

/* lockdep_register_report - who prints; a layer above. Boot, once. */
void lockdep_register_report(void (*print)(const struct lockdep_report *report));

/* What is done with a report: printed, or in silence noted in debug_locks. Caller is inside the validator. */
void lockdep_complain(const struct lockdep_report *report);

/* The graph lock. Interrupts are off. */
void lockdep_graph_lock(void);
void lockdep_graph_unlock(void);

/* lockdep.c: what @task holds has changed from entry @i on: the chains are; or the order, too, as if they were taken again.
 * Caller is inside. */
void lockdep_renew_chains(struct lockdep_task *task, u32 i);
void lockdep_judge_again(struct lockdep_task *task, u32 i);

/* lockdep_class.c */
u16 lockdep_class_of(struct lockdep_map *map, unsigned int subclass);
void lockdep_forget_key(const void *key);
void lockdep_forget_range(const void *start, size_t size);
const void *lockdep_map_key(const struct lockdep_map *map);

/* Go inside: interrupts off, and this thread's locks not looked at. NULL: not now. */
static __always_inline struct lockdep_task *lockdep_enter_always(unsigned long *flags)
{
	struct lockdep_task *task;

	*flags = arch_local_irq_save();
	task = this_cpu()->lockdep;
	if (likely(task && !task->off && !in_nmi())) {
		task->off++;
		task->frame = (unsigned long)__builtin_frame_address(0);
		return task;
	}
	arch_local_irq_restore(*flags);
	return NULL;
}

/* The same, if the validator is on at all. */
static __always_inline struct lockdep_task *lockdep_enter(unsigned long *flags)
{
	return likely(READ_ONCE(debug_locks)) ? lockdep_enter_always(flags) : NULL;
}

static __always_inline void lockdep_leave(struct lockdep_task *task, unsigned long flags)
{
	task->off--;
	arch_local_irq_restore(flags);
}

/* The entry of @map among what @task holds, or NULL; if it has none of its own, one that several of its class share, until
 * the last of them is released. Caller is inside. */
static inline struct lockdep_held *lockdep_find_held(struct lockdep_task *task,
						     const struct lockdep_map *map)
{
	for (u32 i = task->depth; i > 0; i--) {
		if (task->held[i - 1].map == map)
			return &task->held[i - 1];
	}
	for (u32 i = task->depth; i > 0; i--) {
		struct lockdep_held *held = &task->held[i - 1];

		if (held->references && lockdep_map_key(map) == lockdep_classes[held->class].key)
			return held;
	}
	return NULL;
}

/*
 * lockdep_graph.c: all under the graph lock.
 * lockdep_search - go from class @root along the edges, or against them, to the nearest class that @match
 *   takes. Returns whether there is one; lockdep_found() says which, and adds the way to the report's.
 * lockdep_add_edges - order @next after the first @below of what is held.
 * lockdep_refuse - keep in mind that this edge was reported; false: it was before.
 */
typedef bool (*lockdep_match)(const struct lock_class *class, bool only_recursive, u32 arg);
struct lockdep_end {
	u16 class;
	bool only_recursive;
};
bool lockdep_search(u16 root, bool only_recursive, bool forwards, lockdep_match match, u32 arg);
struct lockdep_end lockdep_found(struct lockdep_report *report);
bool lockdep_refuse(const struct lockdep_task *task, const struct lockdep_held *prev,
		    const struct lockdep_held *next);
bool lockdep_match_usage(const struct lock_class *class, bool only_recursive, u32 mask);
void lockdep_add_edge(const struct lockdep_task *task, const struct lockdep_held *prev,
		      const struct lockdep_held *next);
void lockdep_add_edges(const struct lockdep_task *task, const struct lockdep_held *next, u32 below);
void lockdep_remove_edges(u16 class);

/* lockdep_usage.c */
void lockdep_mark_taken(const struct lockdep_task *task, const struct lockdep_held *held);
void lockdep_mark_enabled(const struct lockdep_task *task, u32 state, unsigned long where);
bool lockdep_check_order(const struct lockdep_task *task, const struct lockdep_held *prev,
			 const struct lockdep_held *next);

/* In place of LOCKDEP_READ and so on, behind what is held: a completion that was completed there. */
#define LOCKDEP_COMPLETES 3

/* lockdep_unit.c: a lock is about to be waited for, or a completion was completed, in the sections that @task is in. Caller
 * is inside. */
void lockdep_section_note(struct lockdep_task *task, const struct lockdep_held *held);

/* lockdep_chain.c: the cache of chains, and the pool of backtraces. */
u64 lockdep_chain_next(u64 key, const struct lockdep_held *held);
bool lockdep_chain_is_new(u64 key);
void lockdep_chains_forget(void);
u32 lockdep_save_trace(unsigned long frame);
u32 lockdep_trace(u32 trace, const unsigned int **addresses);

#endif
