/* thread.h: a thread of the explorer's stage. Internal to the stage and its models.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpu.h"
#include "kernel/explore/stage.h"

/* A store that the CPU has not made visible yet. */
struct store {
	u64 address, value, size;
};

#define STORES_MAX 4

/* What of a thread is part of the state: no padding, since states are compared by their bytes. */
struct vthread_state {
	struct step_regs regs;
	struct store stores[STORES_MAX]; /* the oldest first; the rest is 0 */
	u64 read;                        /* halfway through a read-modify-write: what it read */
	u8 done;                         /* it has ended; all else is 0 */
	u8 halfway;
	u8 inside, leaves; /* the critical section; it leaves with its next step */
	u8 irqs_off;
	u8 asleep;       /* inside schedule(), off its CPU */
	u8 may_time_out; /* and a timer may wake it at any time */
	u8 spins;        /* in a loop that looks at nothing that others write */
	u8 n_stores;
	u8 unused[7];
};
static_assert(sizeof(struct vthread_state) ==
	      sizeof(struct step_regs) + STORES_MAX * sizeof(struct store) + 24);

struct vthread {
	struct vthread_state state;
	bool yielded;             /* its last step ended in a `pause`: no part of the state */
	unsigned long low;        /* all below this address of its stack is 0 */
	struct op next;           /* what it does with its next step; follows from the state */
	unsigned long stack;      /* [I] lowest address */
	struct cpu *cpu;          /* [I] its copy of the per-CPU variables */
	size_t cpu_size;          /* [I] */
	struct task_struct *task; /* [I] */
};

extern struct vthread stage_threads[EXPLORE_THREADS];
extern u32 stage_n_threads; /* of the scenario */
extern bool stage_tso;      /* stores are delayed */

/*
 * thread_describe - leave in thread->next what it will do.
 * thread_execute - do that: one instruction that others can see, or a half of one, or a modelled function.
 * thread_run_private - all instructions after it that others cannot see; it then stands before one that they can.
 * thread_clean_stack - make 0 what is below %rsp now.
 * thread_flush - its oldest store that is delayed becomes visible.
 * thread_must_flush - what it does next waits until its stores are visible, or some of them.
 * As stage_step(), of which they are the parts.
 */
enum outcome thread_describe(struct vthread *thread);
enum outcome thread_execute(struct vthread *thread);
enum outcome thread_run_private(struct vthread *thread);
void thread_clean_stack(struct vthread *thread);
void thread_flush(struct vthread *thread);
bool thread_must_flush(struct vthread *thread);
