/* torture_body.h: what the files of the torture body share.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/tasklet.h"
#include "kernel/test/torture.h"

struct torture;

/* Whoever takes the lock: a thread or a handler. [I] set once  [o] its own */
struct torture_who {
	struct torture *torture; /* [I] */
	char name[24];           /* [I] */
	struct rand_state rand;  /* [o] decides what it does */
	unsigned long taken;     /* [o] how often it was inside, read by others */
	unsigned long updates;   /* [o] */
};

/* What a thread does, in the low bits of its `at`. */
enum torture_phase { AT_REST, AT_INSIDE, AT_WAITS, AT_SIGNAL, AT_BY_ITSELF };
#define AT_PHASE 7UL
#define AT_NEXT  8UL

/* [h] written by the holder of the only unit */
struct torture_thread {
	struct torture_who who;
	struct actor actor;
	bool reads;               /* [I] */
	struct rand_state jitter; /* [o] decides where it is disturbed inside the lock */
	bool stalls;              /* [o] it is to take long over losing its CPU */
	u64 at;                   /* [a] the number of its operation, and the phase of that */
	const char *way;          /* [a] the function that it takes the lock by */
	u64 started;              /* [o] when it began its operation, in stamps */
	u64 seen, seen_at; /* [h] when it was seen asleep, in stamps, and in which operation */
	u32 parked;        /* [a] the last round that it has come out of */
};

/* One that takes the lock in a softirq has its timer schedule that. */
struct torture_handler {
	struct torture_who who;
	struct ktimer timer;
	struct tasklet_struct softirq;
};

struct torture {
	const struct torture_ops *ops; /* [I] */
	unsigned int nr_writers, nr_readers;
	struct torture_thread *threads;
	struct torture_handler *handlers; /* one a CPU */
	struct rand_state rand;           /* the stirrer's */
	struct guarded data;
	u32 round;                 /* [a] */
	bool over;                 /* [a] the round is: come out */
	bool end;                  /* [a] all are */
	atomic_t writers, readers; /* that are inside */
	atomic_t fails;
	atomic_t lost; /* wake-ups */
	atomic64_t stamp;
	u32 served;         /* [h] acquisitions */
	u64 stuck_at;       /* how far they had come when one was stuck last */
	unsigned int stuck; /* how often in a row */
};

static inline unsigned int torture_units(const struct torture *torture)
{
	return torture->ops->units ?: 1;
}

static inline unsigned int torture_nr_threads(const struct torture *torture)
{
	return torture->nr_writers + torture->nr_readers;
}

/* torture_fail - something is wrong; the first few times it says what. Any context. */
void torture_fail(struct torture *torture, const char *fmt, ...) __printf(2, 3);

/* torture_thread - what each thread runs. torture_handler - a timer's function. torture_softirq - a tasklet's. */
int torture_thread(void *thread);
void torture_handler(struct ktimer *timer);
void torture_softirq(struct tasklet_struct *softirq);

/*
 * torture_stir - disturb the threads, and let a moment pass. Sleeps.
 * torture_handlers_start, _stop - handlers take the lock on every CPU; no handler runs any more. Sleep.
 */
void torture_stir(struct torture *torture);
void torture_handlers_start(struct torture *torture);
void torture_handlers_stop(struct torture *torture);

/*
 * torture_come_out - wait until all threads have come out of the lock, and free those that never would.
 * Sleeps. The round is over, and no handler runs.
 */
void torture_come_out(struct torture *torture);

/*
 * jitter_enter, jitter_leave - this thread is disturbed at spinlocks, by its own generator.
 * jitter_on, jitter_off - such threads are, from now on. jitter_here - disturb one between operations.
 */
void jitter_enter(struct torture_thread *thread);
void jitter_leave(struct torture_thread *thread);
void jitter_on(void);
void jitter_off(void);
void jitter_here(struct torture_who *who);

/* torture_spin - let @n moments pass, busily. */
static inline void torture_spin(unsigned int n)
{
	while (n--)
		cpu_relax();
}

/* torture_any_prio - a priority of those that take turns; few, so that there are equals and betters. */
static inline int torture_any_prio(struct rand_state *rand)
{
	return MAX_RT_PRIO + 10 * (int)rand_below(rand, 3);
}

/* torture_order - this thread, which has the only unit, looks who waits, and whom it has overtaken. */
void torture_order(struct torture_thread *self);
