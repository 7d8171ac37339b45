/* lockdep_types.h: what a lock, a thread and a CPU carry for the validator (kernel/locking/lockdep.c).
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
#include "lib/macros.h"
#include "lib/types.h"

#define MAX_LOCK_DEPTH         48 /* locks that one thread may hold */
#define MAX_LOCKDEP_SUBCLASSES 8
#define LOCKDEP_CACHED_CLASSES 2

/* An object whose address stands for a class. */
struct lock_class_key {
	char unused;
};

/*
 * What a lock says of itself. [I] set when it is initialized  [c] a cache: any value is harmless
 * The class is that of `key`; without one that of the lock's own address, if it is static, else of `site`.
 */
struct lockdep_map {
	const char *name; /* [I] NULL: never initialized */
	const void *key;  /* [I] or NULL */
	const char *site; /* [I] "name at file:line" where it was initialized, or NULL */
	u8 subclass;      /* [I] where the caller names none */
	bool is_event; /* [I] a completion: it is waited for and completed, not taken and released */
	bool is_local; /* [I] a local_lock_t: nobody waits for it */
	bool is_function; /* [I] the calls of one, whose end is waited for: with those a completion has no order */
	u16 classes[LOCKDEP_CACHED_CLASSES]; /* [c] of subclass 0 and 1; 0: not known yet */
	u16 offset;     /* [I] of this in its lock: reports name the lock's address */
	u16 last_cpu;   /* [c] for lockstat.c: the CPU that took it last, plus 1 */
	u32 last_where; /* [c] and the address */
};

/* How a lock is held. */
#define LOCKDEP_EXCLUSIVE 0
#define LOCKDEP_READ      1 /* a reader that waits behind a waiting writer */
#define LOCKDEP_READ_REC  2 /* a reader that passes waiting writers: may recur */

/* A lock that a thread holds, or waits for. */
struct lockdep_held {
	struct lockdep_map *map;        /* which */
	const struct lockdep_map *nest; /* the lock that serializes those of this class, or NULL */
	unsigned long where;            /* the address that took it */
	u64 prev_key;                   /* the chain up to it: see lockdep_chain.c */
	u16 class;
	u16 references; /* > 1: so many of one class, all under `nest`, share this entry */
	u8 read;        /* LOCKDEP_* above */
	bool trylock;
	bool checked; /* it takes part in the checks */
	bool partial; /* not all that was held when it was taken is ordered before it */
	u8 context; /* 0 thread, 1 softirq, 2 and 3 interrupt handler: a chain ends where it changes */
	bool irqs_on; /* when it was taken */
	bool softirqs_on;
	u8 stat;   /* LOCKSTAT_*, see lockstat.h; 0: it is not counted */
	u32 spins; /* the thread's count when it began to wait */
	u64 since; /* when it began to wait, or to hold it */
};

#define LOCKDEP_SECTIONS      5 /* that one thread is in, and is watched in */
#define LOCKDEP_SECTION_LOCKS 8 /* kinds of locks that are noted of each */

/* What a thread took, and completed, since it took the unit of a semaphore, or was not to stop: see lockdep_unit.c. */
struct lockdep_section {
	const void *unit;    /* whose, or the thread's function; only compared */
	unsigned long where; /* the address that took it */
	u16 class;
	bool waited; /* it would have waited for the unit, for as long as it takes */
	u16 n;       /* entries of taken[] in use */
	struct {
		unsigned long where;
		u16 class;
		u8 read;
	} taken[LOCKDEP_SECTION_LOCKS];
};

/* A thread's part; `current`'s is found through struct cpu. Written by the thread itself, or what interrupts it. */
struct lockdep_task {
	u32 depth;           /* entries of held[] in use */
	u32 off;             /* lockdep_off() minus lockdep_on(), and the validator itself */
	unsigned long frame; /* of the validator's caller, while it is inside */
	u32 spins;           /* looks at a lock that is held, see hook_spin() */
	u32 n_sections;      /* entries of sections[] in use */
	struct lockdep_section sections[LOCKDEP_SECTIONS];
	struct lockdep_held held[MAX_LOCK_DEPTH];
};

#define __LOCK_LINE(line)  #line
#define __LOCK_LINE_(line) __LOCK_LINE(line)

#if CONFIG_CHECKED
/* LOCK_SITE - "name at file:line" of this place, for a lock called @name. */
#define LOCK_SITE(name) name " at " __FILE__ ":" __LOCK_LINE_(__LINE__)
/* LOCK_SITE_INNER - for a second lock in the same object: another address, so another class. */
#define LOCK_SITE_INNER(site)              ((site) + 1)
#define DEP_MAP_INIT(type, lockname)       __DEP_MAP_INIT(type, lockname, is_event, false)
#define DEP_MAP_INIT_EVENT(type, lockname) __DEP_MAP_INIT(type, lockname, is_event, true)
#define DEP_MAP_INIT_LOCAL(type, lockname) __DEP_MAP_INIT(type, lockname, is_local, true)
#define __DEP_MAP_INIT(type, lockname, kind, is)                                                   \
	.dep_map = { .name = #lockname,                                                            \
		     .site = LOCK_SITE(#lockname),                                                 \
		     .kind = (is),                                                                 \
		     .offset = offsetof(type, dep_map) },
/* DEP_MAP_INIT_COPIED - for the calls of a function, @text, a literal, whose map is copied: of the class of this place,
 * not of where the copy lies. */
#define DEP_MAP_INIT_COPIED(text)                                                                  \
	.dep_map = {                                                                               \
		.name = text, .key = LOCK_SITE(text), .site = LOCK_SITE(text), .is_function = true \
	},
#else
#define LOCK_SITE(name)       NULL
#define LOCK_SITE_INNER(site) (site)
#define DEP_MAP_INIT(type, lockname)
#define DEP_MAP_INIT_EVENT(type, lockname)
#define DEP_MAP_INIT_LOCAL(type, lockname)
#define DEP_MAP_INIT_COPIED(text)
#endif
