/* wait_bit.h: sleep until a bit is clear, or a variable has changed, without a wait queue of its own.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A bit in a word of flags is the smallest lock there is ("this buffer is busy"), and there may be
 *   millions of them, of which hardly any is waited for. So the waiters stand in a table of queues, in
 *   the one that the address of the bit hashes to; each of their entries says for which bit, and a
 *   wake-up passes by the entries of others that hashed to the same queue.
 *
 *      waiter                                    waker
 *      joins the queue, state = sleeping         clears the bit
 *      looks at the bit                          [M] full barrier
 *      sleeps                                    wake_up_bit(): anybody in the queue? wake them
 *
 *   The barrier is the waker's business (rule 2): without it the look at the queue, which takes no lock,
 *   may be made before the bit is clear. A variable is waited for in the same way, with its address
 *   for a name and no bit.
 *   It does not: promise an order, or tell who holds a bit.
 *
 * RULES
 *   1. wait_on_bit() and its kin sleep: thread context. wake_up_bit() and wake_up_var() do not.
 *   2. Clear the bit, or change the variable, then a full barrier, then wake: clear_and_wake_up_bit() does
 *      all three.
 *   3. The word must not be freed while somebody waits for it. A waker does not touch it, only its address.
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/locking/sleep/wait.h"

/* For whom a waiter waits, and a wake-up is. */
struct wait_bit_key {
	const void *word;
	int bit; /* or WAIT_VAR */
};
#define WAIT_VAR (-1)

struct wait_bit_queue_entry {
	struct wait_bit_key key;
	wait_queue_entry_t wq_entry;
};

/* The parts of the macros below. */
wait_queue_head_t *bit_waitqueue(const void *word, int bit);
void init_wait_bit_entry(struct wait_bit_queue_entry *entry, const void *word, int bit,
			 unsigned int flags);

/*
 * wait_on_bit - sleep until bit @bit of @word is clear. @state: TASK_UNINTERRUPTIBLE, _KILLABLE, ...
 * wait_on_bit_timeout - at most @timeout jiffies.
 * wait_on_bit_lock - and then set it: returns 0 when this thread did.
 * wait_on_bit_io, wait_on_bit_lock_io - the same, in Linux, accounted as waiting for a device.
 * Sleep. Thread context. Return 0; -EINTR if a signal came first, -EAGAIN if the time is over.
 */
int wait_on_bit(unsigned long *word, int bit, unsigned int state);
int wait_on_bit_timeout(unsigned long *word, int bit, unsigned int state, unsigned long timeout);
int wait_on_bit_lock(unsigned long *word, int bit, unsigned int state);
#define wait_on_bit_io(word, bit, state)      wait_on_bit(word, bit, state)
#define wait_on_bit_lock_io(word, bit, state) wait_on_bit_lock(word, bit, state)

/*
 * wake_up_bit - wake those who wait for bit @bit of @word: all that only wait, and one that will set it.
 * wake_up_var - wake those who wait for the variable at @var. Caller has put a full barrier before.
 * clear_and_wake_up_bit - clear the bit, and wake. Never sleep. Any context but NMI.
 */
void wake_up_bit(const void *word, int bit);
void wake_up_var(const void *var);
void clear_and_wake_up_bit(int bit, unsigned long *word);

/* As ___wait_event(), in the queue of @var, woken by wake_up_var(@var). */
#define ___wait_var_event(var, cond, state, exclusive, ret, sleep)                                 \
	({                                                                                         \
		wait_queue_head_t *__wq = bit_waitqueue((var), WAIT_VAR);                          \
		struct wait_bit_queue_entry __wait;                                                \
		init_wait_bit_entry(&__wait, (var), WAIT_VAR,                                      \
				    (exclusive) ? WQ_FLAG_EXCLUSIVE : 0);                          \
		___wait_loop(prepare_to_wait_event(__wq, &__wait.wq_entry, (state)), cond, ret,    \
			     sleep, finish_wait(__wq, &__wait.wq_entry));                          \
	})

/*
 * wait_var_event - sleep until @cond holds, which has to do with the variable at @var.
 * _interruptible, _killable - return 0, or -ERESTARTSYS if a signal, or a fatal one, came first.
 * _timeout - at most @timeout jiffies: returns those left (at least 1), or 0 if they are over.
 * Sleep. Thread context.
 */
#define __wait_var_event_signal(var, cond, state)                                                  \
	({                                                                                         \
		int __result = 0;                                                                  \
		might_sleep();                                                                     \
		if (!(cond))                                                                       \
			__result = (int)___wait_var_event(var, cond, state, false, 0, schedule()); \
		__result;                                                                          \
	})
#define wait_var_event(var, cond) ((void)__wait_var_event_signal(var, cond, TASK_UNINTERRUPTIBLE))
#define wait_var_event_interruptible(var, cond)                                                    \
	__wait_var_event_signal(var, cond, TASK_INTERRUPTIBLE)
#define wait_var_event_killable(var, cond) __wait_var_event_signal(var, cond, TASK_KILLABLE)
#define wait_var_event_timeout(var, cond, timeout)                                                 \
	({                                                                                         \
		long __left = (timeout);                                                           \
		might_sleep();                                                                     \
		if (!___wait_cond_timeout(cond, __left))                                           \
			__left = ___wait_var_event(var, ___wait_cond_timeout(cond, __ret),         \
						   TASK_UNINTERRUPTIBLE, false, __left,            \
						   __ret = schedule_timeout(__ret));               \
		__left;                                                                            \
	})
