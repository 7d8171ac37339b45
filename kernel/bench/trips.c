/* trips.c: how long it takes to wake a thread and to be woken, to switch, to call a CPU, to make a thread.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>

#include "kernel/base/cpu.h"
#include "kernel/bench/bench.h"
#include "kernel/core/smpcall.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"

/* Two threads that wake each other in turn. [s] set while the partner sleeps */
static struct {
	struct completion to, fro;
	bool over; /* [s] the partner is to end */
} ping;

static int ping_partner(void *unused)
{
	for (;;) {
		wait_for_completion(&ping.to);
		if (READ_ONCE(ping.over))
			break;
		complete(&ping.fro);
	}
	complete(&ping.fro);
	return 0;
}

static void ping_once(void)
{
	complete(&ping.to);
	wait_for_completion(&ping.fro);
}

/* @n round trips to a partner on CPU @cpu, after one that starts it. */
static u64 ping_trips(unsigned int n, u32 cpu)
{
	u64 ns;

	init_completion(&ping.to);
	init_completion(&ping.fro);
	WRITE_ONCE(ping.over, false);
	bench_start(ping_partner, NULL, cpu);
	ping_once();
	ns = clock_ns();
	for (unsigned int i = 0; i < n; i++)
		ping_once();
	ns = clock_ns() - ns;
	WRITE_ONCE(ping.over, true);
	ping_once();
	return ns;
}

/* The last CPU there is: another one than this, when there are two. */
static u32 other_cpu(void)
{
	u32 cpu, last = 0;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

BENCH_TRIP(wake_same_cpu, 200)
{
	return ping_trips(n, raw_smp_processor_id());
}

BENCH_TRIP(wake_two_cpus, 10, .cpus = 2)
{
	return ping_trips(n, other_cpu());
}

static struct {
	struct completion started, ended;
	bool over; /* [a] */
} switching;

static int yielder(void *unused)
{
	complete(&switching.started);
	while (!READ_ONCE(switching.over))
		yield();
	complete(&switching.ended);
	return 0;
}

/* Two threads on one CPU that yield to each other: each yield is one switch, and half are the other's. */
BENCH_TRIP(context_switch, 500)
{
	u64 ns;

	init_completion(&switching.started);
	init_completion(&switching.ended);
	WRITE_ONCE(switching.over, false);
	bench_start(yielder, NULL, raw_smp_processor_id());
	wait_for_completion(&switching.started);
	ns = clock_ns();
	for (unsigned int i = 0; i < n / 2; i++)
		yield();
	ns = clock_ns() - ns;
	WRITE_ONCE(switching.over, true);
	wait_for_completion(&switching.ended);
	return ns;
}

static void do_nothing(void *unused)
{
}

/* An interrupt of another CPU, a function that runs there, and the news that it has. */
BENCH_TRIP(ipi_call, 100, .cpus = 2)
{
	u64 start = clock_ns();

	for (unsigned int i = 0; i < n; i++)
		smp_call_function_single(other_cpu(), do_nothing, NULL, true);
	return clock_ns() - start;
}

static int stop_when_asked(void *unused)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

BENCH_TRIP(kthread_create_stop, 5)
{
	u64 start = clock_ns();

	for (unsigned int i = 0; i < n; i++) {
		struct task_struct *task = kthread_run(stop_when_asked, NULL, "bench");

		if (!IS_ERR(task))
			kthread_stop(task);
	}
	return clock_ns() - start;
}
