/* explore.h: scenarios: one to four threads around a lock, to be run in every order.
 * SPDX-License-Identifier: MIT
 *
 *	static DEFINE_RAW_SPINLOCK(lock);
 *	static int counter;
 *
 *	static void lock_and_count(u32 thread)
 *	{
 *		raw_spin_lock(&lock);
 *		explore_enter();
 *		counter++;
 *		explore_leave();
 *		raw_spin_unlock(&lock);
 *	}
 *
 *	SCENARIO(ticket, 2, .setup = ..., .run = lock_and_count, .check = ...)
 *
 * What the threads call is the kernel's own code. Only what needs a scheduler is modelled, at its interface:
 * schedule(), wake_up_process() and their kin.
 */
#pragma once

#include "lib/list.h"
#include "lib/macros.h"
#include "lib/types.h"

struct task_struct;

#define EXPLORE_THREADS 4 /* at most */
#define EXPLORE_WATCHED 8
#define EXPLORE_OBJECTS 4

/* What the report shows at the left. */
struct watched {
	const char *name;
	const void *address;
	u32 size;
};

/* [I] */
struct scenario {
	const char *name;
	const char *about;
	const char *group; /* or NULL: a name for it and others */
	const char *guard; /* or NULL: the lock that is to keep the threads apart; for the report */
	u32 threads;
	bool broken;      /* it must be found wrong */
	bool needs_fence; /* it must be found wrong if stores are delayed, and only then */
	bool slow;        /* takes seconds: `quick` leaves it out */
	bool threads_go;  /* who has ended is gone: nobody may wake it any more */
	bool workers;     /* it runs works itself: queue_work() is not left to others */
	bool scheduler; /* it runs the scheduler itself: only what switches the registers is modelled */
	void (*setup)(void); /* or NULL; all shared data as at the beginning; the CPUs are there */
	void (*run)(u32 thread);
	void (*each[EXPLORE_THREADS])(u32 thread); /* or NULL: what only that thread runs */
	bool (*check)(void);                       /* or NULL; when all have ended */
	bool (*holds)(void); /* or NULL; in every state, of static and global data; costs time */
	/* Or NULL: the handler of an interrupt, which each thread's CPU takes once, at any time that its interrupts are on,
	 * or never. */
	void (*interrupt)(u32 thread);
	u32 interrupted; /* a bit for each thread whose CPU takes it; 0: all */
	struct watched watch[EXPLORE_WATCHED];
};

#define EXPLORE_CHECK_THREADS(n)                                                                   \
	static_assert((n) >= 1 && (n) <= EXPLORE_THREADS, "a scenario has 1 to 4 threads")

/* All names that run= takes, one behind the other: for a kernel that has only this one's file. */
#define SCENARIO_NAME(name)                                                                        \
	static const char __scenario_name_##name[] __used __section(".scenario_names")             \
		__aligned(1) = #name

#define SCENARIO(scenario_name, n, ...)                                                            \
	EXPLORE_CHECK_THREADS(n);                                                                  \
	SCENARIO_NAME(scenario_name);                                                              \
	static const struct scenario __scenario_##scenario_name __used __section(".scenarios")     \
		__aligned(__alignof__(struct scenario)) = { .name = #scenario_name,                \
							    .threads = (n),                        \
							    __VA_ARGS__ }

#define WATCH(datum)                                                                               \
	{                                                                                          \
#datum, &(datum), sizeof(datum)                                                    \
	}

extern const struct scenario scenarios_start[], scenarios_end[];

/*
 * explore_enter, explore_leave - the section between them is for one thread at a time.
 * explore_assert - @condition holds.
 * In a scenario's threads only. They are no steps of their own: entering is part of the step before,
 * leaving of the step after.
 */
void explore_enter(void);
void explore_leave(void);
void explore_failed(const char *what);

/*
 * explore_object - in a setup: @object, which is static, can be freed. explore_free - in a thread: free it, which who touches
 * it from now on, or frees it again, does wrong.
 */
void explore_object(const void *object, size_t size);
void explore_free(const void *object);

/*
 * explore_counts - in a setup: the 8 bytes at @word are only ever added to, and nobody acts on what they are: statistics. What is
 * added is forgotten, or states would never come again.
 */
void explore_counts(const void *word);

/* explore_task - thread @thread's structure. Anywhere in a scenario. */
struct task_struct *explore_task(u32 thread);

/* explore_list_is_whole - @head, and at most @most entries, lead on and back: for .holds, while nobody has the list's lock. */
static inline bool explore_list_is_whole(const struct list_head *head, u32 most)
{
	const struct list_head *at = head;

	for (u32 i = 0; i <= most; i++) {
		if (at->next->prev != at)
			return false;
		at = at->next;
		if (at == head)
			return true;
	}
	return false; // It leads nowhere.
}

#define explore_assert(condition)                                                                  \
	do {                                                                                       \
		if (!(condition))                                                                  \
			explore_failed(#condition);                                                \
	} while (0)
