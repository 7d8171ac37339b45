/* thread.h: a thread of the explorer's stage. Internal to the stage and its models.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/insn.h>

#include "kernel/base/cpu.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/stage.h"

/* A store that the CPU has not made visible yet. */
struct store {
	u64 address, value, size;
};

/* With 4 it was not seen that a waiter's entry in a queue is delayed, since six stores of its come after it. */
#define STORES_MAX 8

/* Who of a thread's CPU is in the critical section. */
#define INSIDE_SELF    1
#define INSIDE_HANDLER 2 /* what has interrupted it */

/* What of a thread is part of the state: no padding, since states are compared by their bytes. */
struct vthread_state {
	struct step_regs regs;
	struct store stores[STORES_MAX]; /* the oldest first; the rest is 0 */
	u64 read;                        /* halfway through a read-modify-write: what it read */
	u64 interrupted; /* in a handler: the stack pointer of what it interrupted */
	u8 done;         /* it has ended; all else is 0 */
	u8 halfway;
	u8 inside; /* the critical section: INSIDE_SELF, INSIDE_HANDLER */
	u8 leaves; /* with its next step */
	u8 irqs_off;
	u8 asleep;       /* inside schedule(), off its CPU */
	u8 may_time_out; /* and a timer may wake it at any time */
	u8 spins;        /* in a loop that looks at nothing that others write */
	u8 n_stores;
	u8 interrupts; /* how many its CPU has taken */
	u8 unused[6];
};
static_assert(sizeof(struct vthread_state) ==
	      sizeof(struct step_regs) + STORES_MAX * sizeof(struct store) + 32);

/* A word of its CPU's memory that it has written, or, if there is a handler, used. */
struct cpu_word {
	u64 *at;
	u64 first; /* what was in it in the beginning */
	bool written, by_handler, by_thread;
};

#define CPU_WORDS_MAX 128

struct vthread {
	struct vthread_state state;
	bool yielded;             /* its last step ended in a `pause`: no part of the state */
	unsigned long low;        /* all below this address of its stack is 0 */
	struct op next;           /* what it does with its next step; follows from the state */
	struct op last;           /* what it did with its last deed */
	unsigned long stack;      /* [I] lowest address */
	struct cpu *cpu;          /* [I] its copy of the per-CPU variables */
	size_t cpu_size;          /* [I] */
	struct task_struct *task; /* [I] */
	struct cpu_word cpu_words[CPU_WORDS_MAX];
	u32 n_cpu_words;
	u32 stack_words[MEMORY_WORDS]; /* the numbers of the words of its stack that are shared */
	u32 n_stack_words;
};

/* What a thread can do. */
enum deed {
	DEED_STEP,
	DEED_FLUSH,     /* its oldest store that is delayed becomes visible */
	DEED_INTERRUPT, /* its CPU takes an interrupt */
	DEEDS,
};

extern struct vthread stage_threads[EXPLORE_THREADS];
extern bool stage_tso; /* stores are delayed */
extern const struct scenario *stage_scenario;

static inline enum deed stage_deed_of(u32 actor)
{
	return (enum deed)(actor / stage_n_threads);
}

/*
 * thread_describe - leave in thread->next what it will do.
 * thread_do - do it, and a step to its end: then all instructions that others cannot see; it then stands before one that
 *   they can. Nobody asks here whether it is in its critical section alone, or whose dead frame it touches.
 * thread_execute - the instruction at its %rip, whoever can see it.
 * thread_run_private - those instructions alone.
 * thread_clean_stack - make 0 what is below %rsp now.
 * thread_must_flush - how many of its stores must be visible before it can do what it does next.
 * thread_is_interruptible - its CPU can take an interrupt now.
 * thread_end_interrupt - for its model: what was interrupted goes on.
 * thread_add_preempt_count - as the entry of an interrupt does.
 * stage_deed_of - what @actor does with its thread. stage_judge - all is at an end: is it the right one? @left: a thread that
 *   has not ended, or EXPLORE_THREADS; @all_sleep: all those sleep.
 * stage_check - what must hold in every state does; @thread: who took the last step.
 * stage_fails - @fault is what is wrong with @thread, which @text says; NULL: only two faults have one. Returns STEP_FAILED.
 * As stage_step(), of which they are the parts.
 */
enum outcome thread_describe(struct vthread *thread);
enum outcome stage_judge(u32 left, bool all_sleep);
enum outcome stage_check(struct vthread *thread);
enum outcome stage_fails(struct vthread *thread, enum fault fault, const char *text);
enum outcome thread_execute(struct vthread *thread, const struct insn *insn);
enum outcome thread_do(struct vthread *thread, enum deed deed);
enum outcome thread_run_private(struct vthread *thread);
void thread_clean_stack(struct vthread *thread);
u32 thread_must_flush(struct vthread *thread);
bool thread_is_interruptible(const struct vthread *thread);
enum outcome thread_end_interrupt(struct vthread *thread);
void thread_add_preempt_count(struct vthread *thread, u32 n);
