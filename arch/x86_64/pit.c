/* pit.c: the 8254's channel 2, the speaker's: the clock of last resort, and delays early in boot.
 * SPDX-License-Identifier: MIT
 *
 * Every PC has had it since 1981. The channel counts 1.19 MHz down from a 16-bit start value once,
 * and then raises its output pin, which can be read; so unlike a counter that starts over it tells
 * when it was left alone for too long. Port 0x61 holds its gate, and the speaker's own switch,
 * which stays off.
 */
#include <arch/barrier.h>
#include <arch/io.h>

#include "arch/x86_64/counter.h"
#include "kernel/core/timer.h"

#define PIT_HZ       1193182ULL // a third of the PM timer's rate
#define PIT_FULL     0xffff
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define SPEAKER_PORT 0x61

#define COMMAND_ONCE     0xb0 // channel 2, low byte then high, mode 0: output high when done
#define COMMAND_READBACK 0xc8 // channel 2, latch its status and its count
#define STATUS_OUTPUT    BIT(7)
#define STATUS_NOT_SET   BIT(6) // the start value has not reached the counter yet
#define SPEAKER_GATE     BIT(0)
#define SPEAKER_ON       BIT(1)

#define CHUNK_NS       (50 * NSEC_PER_MSEC) // what 16 bits hold: 55 ms, less some
#define PATIENCE_READS 1000000 // each takes a microsecond or more, so a chunk is never longer

static void pit_set(u16 count)
{
	u8 speaker = inb(SPEAKER_PORT);

	outb((speaker & ~SPEAKER_ON) | SPEAKER_GATE, SPEAKER_PORT);
	outb(COMMAND_ONCE, PIT_COMMAND);
	outb(count & 0xff, PIT_CHANNEL2);
	outb(count >> 8, PIT_CHANNEL2);
}

static void pit_start(void)
{
	pit_set(PIT_FULL);
}

/* Ticks since the start; PIT_FULL once it is over, and the counter has wrapped unseen. */
static u64 pit_read(void)
{
	u8 status;
	u16 count;

	outb(COMMAND_READBACK, PIT_COMMAND);
	status = inb(PIT_CHANNEL2);
	count = inb(PIT_CHANNEL2);
	count |= (u16)(inb(PIT_CHANNEL2) << 8);
	if (status & STATUS_NOT_SET)
		return 0;
	return status & STATUS_OUTPUT ? PIT_FULL : PIT_FULL - count;
}

static const struct counter pit = {
	.name = "pit",
	.hz = PIT_HZ,
	.mask = PIT_FULL,
	.read = pit_read,
	.start = pit_start,
};

const struct counter *pit_find(void)
{
	return counter_runs(&pit) ? &pit : NULL;
}

static void pit_delay_chunk(u64 ns)
{
	// One tick is lost while the value is loaded, one because the first may be a short one.
	pit_set((u16)(mul_div(ns, PIT_HZ, NSEC_PER_SEC) + 2));
	for (int i = 0; i < PATIENCE_READS; i++) {
		if (pit_read() == PIT_FULL)
			return;
		cpu_relax();
	}
}

void pit_delay(u64 ns)
{
	for (; ns > CHUNK_NS; ns -= CHUNK_NS)
		pit_delay_chunk(CHUNK_NS);
	pit_delay_chunk(ns);
}
