/* trace_dump.c: the trace as a whole: its memory, its begin and end, and its way out.
 * SPDX-License-Identifier: MIT
 *
 * What is sent, little-endian, is read by tools/trace_read.py:
 *
 *      "ILTRACE1"
 *      u32 threads     how many of: s32 pid, 16 bytes of name
 *      u32 cpus        how many of: u32 number, u32 records, u64 written in all, the records, oldest first
 *      "ILTRACE."      so that one that was cut off is known for it
 */
#include "kernel/debug/trace_dump.h"

#include <arch/wire.h>

#include "kernel/base/cpu.h"
#include "kernel/base/trace.h"
#include "kernel/core/page.h"
#include "kernel/core/printk.h"
#include "kernel/core/smpcall.h"
#include "lib/bits.h"
#include "lib/errno.h"
#include "lib/string.h"

#if CONFIG_CHECKED

#define RING_SIZE (TRACE_RECORDS * sizeof(struct trace_record))

struct cpu_head {
	u32 cpu;
	u32 records;
	u64 written;
};

static u32 nr_rings;

static int give_ring(struct trace_ring *ring)
{
	struct trace_record *records = ring->records;

	if (!records) {
		records = page_alloc((unsigned int)fls64((RING_SIZE - 1) / PAGE_SIZE));
		if (!records)
			return -ENOMEM;
		nr_rings++;
	}
	memset(records, 0, RING_SIZE);
	WRITE_ONCE(ring->records, records);
	return 0;
}

/* On the CPU itself, with interrupts off: after it, what it writes is written to the end. */
static void forget_or_settle(void *forget)
{
	if (forget)
		this_cpu_write(trace_ring.head, 0);
}

int trace_start(void)
{
	u32 cpu;

	trace_stop();
	for_each_online_cpu(cpu) {
		if (give_ring(per_cpu_ptr(&trace_ring, cpu)))
			return -ENOMEM;
	}
	on_each_cpu(forget_or_settle, &trace_on, true);
	WRITE_ONCE(trace_on, 1);
	return 0;
}

void trace_stop(void)
{
	WRITE_ONCE(trace_on, 0);
	on_each_cpu(forget_or_settle, NULL, true);
}

static u32 in_ring(const struct trace_ring *ring)
{
	return ring->records ? (u32)min_t(u64, READ_ONCE(ring->head), TRACE_RECORDS) : 0;
}

u64 trace_nr_records(void)
{
	u64 n = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		n += in_ring(per_cpu_ptr(&trace_ring, cpu));
	return n;
}

u64 trace_nr_lost(void)
{
	u64 n = 0;
	u32 cpu;

	for_each_online_cpu(cpu) {
		const struct trace_ring *ring = per_cpu_ptr(&trace_ring, cpu);

		n += ring->records ? READ_ONCE(ring->head) - in_ring(ring) : 0;
	}
	return n;
}

static bool send_threads(void)
{
	u32 n = 0, i;

	for (i = 0; i < TRACE_THREADS; i++)
		n += trace_threads[i].pid != 0;
	if (!wire_write(&n, sizeof(n)))
		return false;
	for (i = 0; i < TRACE_THREADS; i++) {
		if (trace_threads[i].pid &&
		    !wire_write(&trace_threads[i], sizeof(trace_threads[i])))
			return false;
	}
	return true;
}

static bool send_ring(u32 cpu)
{
	const struct trace_ring *ring = per_cpu_ptr(&trace_ring, cpu);
	struct cpu_head head = { cpu, in_ring(ring), ring->head };
	u32 first = (u32)(ring->head - head.records) % TRACE_RECORDS;
	u32 tail = min_t(u32, head.records, TRACE_RECORDS - first); // up to the end of the memory

	return wire_write(&head, sizeof(head)) &&
	       wire_write(ring->records + first, tail * sizeof(struct trace_record)) &&
	       wire_write(ring->records, (head.records - tail) * sizeof(struct trace_record));
}

static bool send_all(void)
{
	u32 cpus = num_online_cpus();
	u32 cpu;

	if (!wire_write("ILTRACE1", 8) || !send_threads() || !wire_write(&cpus, sizeof(cpus)))
		return false;
	for_each_online_cpu(cpu) {
		if (!send_ring(cpu))
			return false;
	}
	return wire_write("ILTRACE.", 8);
}

void trace_dump(void)
{
	if (!nr_rings)
		return;
	WRITE_ONCE(trace_on, 0);
	if (!wire_init())
		pr_warn("trace: no second serial port (COM2): nowhere to send %llu records",
			trace_nr_records());
	else if (!send_all())
		pr_warn("trace: the second serial port takes no more: what was sent is incomplete");
	else
		pr_info("trace: %llu records sent; %llu older ones were written over",
			trace_nr_records(), trace_nr_lost());
}

#endif
