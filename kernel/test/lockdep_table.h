/* lockdep_table.h: scenarios for the lock validator, written in a line each, and run on every type of lock.
 * SPDX-License-Identifier: MIT
 *
 * A scenario is a string of steps:
 *
 *	+A  -A   take, release the lock A. Of the locks A B C D each is of a class of its own; X and W are two of
 *	         one class, and so are Y and V; Z.
 *	tA       take it by a trylock, which succeeds
 *	nAX      take A, whose class is in any order under X (spin_lock_nest_lock)
 *	!A       initialize it
 *	[h ]h    enter and leave an interrupt handler; [s ]s a softirq
 *	{h }h    turn interrupts off and on; {s }s softirqs
 *	[? {?    the one that the row is run for
 *	;        between events, which are run in several orders
 *
 * A small letter between says of which type the lock is; without one it is of the column's:
 *
 *	l  a spinlock (a mutex, in a column of sleeping locks)     w  a writer of a rwlock (a rwsem)
 *	m  a mutex, in any column                                  r  a reader of it
 *	s  a semaphore of one unit                                 c  a completion: + waits for it, - completes it
 *	p  a local lock, of this CPU
 */
#pragma once

#include "lib/types.h"

enum table_column {
	COLUMN_SPIN,
	COLUMN_WLOCK,
	COLUMN_RLOCK,
	COLUMN_MUTEX,
	COLUMN_WSEM,
	COLUMN_RSEM,
	COLUMN_RTMUTEX,
	NR_COLUMNS,
	/* What has no column of its own, and is in rows of others. */
	TYPE_SEMAPHORE = NR_COLUMNS,
	TYPE_COMPLETION,
	TYPE_LOCAL,
	NR_TYPES,
};

#define IN_SPIN    (1U << COLUMN_SPIN)
#define IN_WLOCK   (1U << COLUMN_WLOCK)
#define IN_RLOCK   (1U << COLUMN_RLOCK)
#define IN_RSEM    (1U << COLUMN_RSEM)
#define IN_ALL     ((1U << NR_COLUMNS) - 1)
#define NOT(these) (IN_ALL & ~(these))

/* What a row is. */
#define ROW_BOTH        1U /* is run for interrupts, and for softirqs */
#define ROW_SOFT        2U /* for softirqs only */
#define ROW_FAIR        4U /* readers of a rwlock do not recur, as those of the fair one; else they do */
#define ROW_LAST_PANICS 8U /* the last event must panic */

struct table_row {
	const char *name;
	const char *events;
	u32 columns; /* where it is run */
	u32 reports; /* where it must be reported; elsewhere it must not */
	u32 flags;
};

/*
 * table_run - run @rows, up to one without a name, print the table, and expect each verdict.
 * Sleeps. Thread context.
 */
void table_run(const struct table_row *rows);

/*
 * The locks, by the place of their letter in LETTERS. table_forget_all - all free, and nothing known of them.
 * table_release_noted - none is noted as held by this thread or CPU, whatever it left held.
 */
#define LETTERS  "ABCDXWYVZ"
#define NR_LOCKS (sizeof(LETTERS) - 1)

void table_take(enum table_column column, u32 i);
bool table_try(enum table_column column, u32 i);
void table_release(enum table_column column, u32 i);
void table_nest(u32 i, u32 outer);
void table_init_lock(enum table_column column, u32 i);
void table_forget_all(void);
void table_release_noted(void);
