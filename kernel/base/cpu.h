/* cpu.h: what every CPU knows of itself.
 * SPDX-License-Identifier: MIT
 *
 * State that belongs to an upper layer is handed down here as an opaque pointer or as a counter: the
 * scheduler sets `current` and counts its switches, and who sits below it can read both.
 */
#pragma once

#include <arch/atomic.h>
#include <arch/percpu.h>

#include "kernel/base/config.h"
#include "lib/types.h"

struct lockdep_task;
struct task_struct;
struct race_context;

#define CPU_MAX_HELD 16

/* A spinlock that this CPU holds: [c] written by this CPU only, read by others in a panic. */
struct held_spinlock {
	const void *lock;    /* [c] NULL: a free entry */
	const char *name;    /* [c] NULL: a raw spinlock, which has no name */
	unsigned long where; /* [c] the address that took it */
};

/*
 * [I] set once before the CPU runs  [c] this CPU only  [a] atomic, any CPU
 * The assembly and the compiler know the first offsets; they are asserted in cpu.c.
 */
struct cpu {
	struct cpu *self;            /* [I] %gs:0, for this_cpu() */
	u32 preempt_count;           /* [c] %gs:8, see preempt.h */
	u32 id;                      /* [I] 0..NR_CPUS-1, in the order found */
	struct task_struct *running; /* [c] %gs:16, `current` */
	u32 hw_id;                   /* [I] the number that interrupts are addressed to (APIC id) */
	u32 need_resched;            /* [a] somebody wants this CPU to choose its thread anew */
	u32 softirq_pending;         /* [c] a bit a softirq that was raised here, see bh.h */
	unsigned long nr_switches;   /* [c] context switches; read by others */
	unsigned long nr_irqs;       /* [c] interrupts taken; read by others */
	atomic64_t quiescent;        /* [c] see quiescent.h; read by others */
	u32 rcu_nesting;             /* [c] checked: RCU readers that this CPU is in */
	unsigned long rcu_where;     /* [c] checked: where it entered the outermost one */
	struct lockdep_task *lockdep; /* [c] checked: the running thread's, see lockdep.c; or NULL */
	struct race_context *race;    /* [c] race: of the running thread, see race_context.h */
	u32 nr_held;                  /* [c] entries of held[] in use */
	const void *spins_for;        /* [c] checked: the lock that it spins for, or NULL */
	const char *spins_kind;       /* [c] and of which kind it is */
	unsigned long
		nr_spins; /* [c] checked: such waits so far, but those inside others; all three are read by others */
	bool online;         /* [a] takes part in scheduling */
	void *stopped_frame; /* [a] its trap frame, once stopped by a panic */
	struct held_spinlock held[CPU_MAX_HELD];
};

/* This CPU's own, at the head of .percpu: use through the functions below. */
DECLARE_PER_CPU(struct cpu, cpu_local);

extern u32 nr_cpus;        /* CPUs that have a struct cpu: numbers 0..nr_cpus-1, not all online */
extern atomic_t nr_online; /* CPUs that run threads */

/* The CPU we are on. Steady only while we cannot migrate: preemption or interrupts off. */
static __always_inline struct cpu *this_cpu(void)
{
	return (struct cpu *)this_percpu_base();
}

static __always_inline struct cpu *cpu_by_id(u32 id)
{
	return (struct cpu *)percpu_base[id];
}

/* The number of this CPU; caller has preemption off, or does not mind that it is old at once. */
static __always_inline u32 raw_smp_processor_id(void)
{
	return this_cpu_read(cpu_local.id);
}

/* The running thread: a thread's own view of it is always true, wherever it migrates. Not volatile:
 * the compiler may keep it, since it cannot change under the function that reads it. */
static __always_inline struct task_struct *get_current(void)
{
	struct task_struct *task;

	asm("movq %%gs:%1, %0" : "=r"(task) : "m"(cpu_local.running));
	return task;
}

#define current get_current()

/* How many CPUs run threads. Grows while the machine boots, then stays. Any context. */
static inline u32 num_online_cpus(void)
{
	return (u32)atomic_read(&nr_online);
}

/* Every CPU that runs threads, in order. */
#define for_each_online_cpu(cpu)                                                                   \
	for ((cpu) = 0; (u32)(cpu) < nr_cpus; (cpu)++)                                             \
		if (READ_ONCE(cpu_by_id((u32)(cpu))->online))

/*
 * cpu_init_boot - give the boot CPU its struct cpu, before anything else runs.
 * Never sleeps. Boot only, interrupts off.
 */
void cpu_init_boot(void);

/*
 * cpu_area_size - bytes of one CPU's copy of the per-CPU variables.
 * cpu_area_init - make @base (zeroed, 64-byte aligned, cpu_area_size() bytes) the copy of CPU @id.
 * Never sleep. Boot only, before CPU @id runs.
 */
size_t cpu_area_size(void);
void cpu_area_init(void *base, u32 id, u32 hw_id);
