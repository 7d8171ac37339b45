/* percpu.c: per-CPU variables made at run time.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Every CPU's copy of .percpu has a room of the same size at the same offset, and what is given out
 *   is a piece of that offset. So a variable made at run time is used as a static one is: its
 *   "address" is its offset in the copy, and %gs finds this CPU's in one instruction.
 *
 *       .percpu of CPU 0   | struct cpu | static variables | room:  [a][ b  ][  ][c]      |
 *       .percpu of CPU 1   | struct cpu | static variables | room:  [a][ b  ][  ][c]      |
 *                                                                   ^ the same offset
 *
 *   The room is in units of 16 bytes. Two maps say of each unit whether it is given out, and whether
 *   it is the last of its piece; a piece begins after a free unit or a last one, so no header is
 *   needed, and none could stand there: a header would be one a CPU.
 *   The search is for the first place that fits: pieces are few and small (counters).
 *   It does not: grow. Who needs more than the room needs an array with an element a CPU.
 */
#include "kernel/core/percpu.h"

#include "kernel/core/panic.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/bitmap.h"
#include "lib/string.h"

#define UNIT      16
#define ROOM      16384
#define UNITS     (ROOM / UNIT)
#define ALIGN_MAX 64 /* of the copies themselves */

#define POISON_FREE 0x6b

static __section(".percpu") __aligned(ALIGN_MAX) u8 room[ROOM];

/* [q] under room_lock */
static raw_spinlock_t room_lock = RAW_SPIN_LOCK_UNLOCKED;
static DECLARE_BITMAP(used, UNITS);  /* [q] */
static DECLARE_BITMAP(last, UNITS);  /* [q] set for the last unit of a piece */
static unsigned long made_at[UNITS]; /* [q] of a piece's first unit: the code that asked for it */

static void fill_copies(unsigned long unit, unsigned long units, int byte)
{
	u32 cpu;

	for_each_possible_cpu(cpu) memset(per_cpu_ptr(&room[unit * UNIT], cpu), byte, units * UNIT);
}

noinline void __percpu *__alloc_percpu(size_t size, size_t align)
{
	unsigned long units = DIV_ROUND_UP(max(size, (size_t)1), UNIT);
	unsigned long mask = max(align, (size_t)UNIT) / UNIT - 1;
	unsigned long unit, flags;

	ASSERT((align & (align - 1)) == 0);
	if (size > ROOM || align > ALIGN_MAX)
		return NULL;
	raw_spin_lock_irqsave(&room_lock, flags);
	unit = bitmap_find_next_zero_area(used, UNITS, 0, units, mask);
	if (unit < UNITS) {
		bitmap_set(used, unit, units);
		bitmap_set(last, unit + units - 1, 1);
		made_at[unit] = _RET_IP_;
	}
	raw_spin_unlock_irqrestore(&room_lock, flags);
	if (unit >= UNITS)
		return NULL;
	fill_copies(unit, units, 0);
	return &room[unit * UNIT];
}

static bool bit_is_set(const unsigned long *map, unsigned long bit)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

/* Whether a piece begins at byte @offset of the room. Caller holds room_lock. */
static bool begins_at(unsigned long offset)
{
	unsigned long unit = offset / UNIT;

	return offset < ROOM && offset % UNIT == 0 && bit_is_set(used, unit) &&
	       (unit == 0 || !bit_is_set(used, unit - 1) || bit_is_set(last, unit - 1));
}

void free_percpu(void __percpu *ptr)
{
	unsigned long offset = (unsigned long)ptr - (unsigned long)room;
	unsigned long unit = offset / UNIT;
	unsigned long units, flags;
	bool valid;

	if (!ptr)
		return;
	raw_spin_lock_irqsave(&room_lock, flags);
	valid = begins_at(offset);
	if (valid) {
		units = find_next_bit(last, UNITS, unit) - unit + 1;
		// Before it is free, that is while it is still ours to write to.
		if (CONFIG_CHECKED)
			fill_copies(unit, units, POISON_FREE);
		bitmap_clear(last, unit + units - 1, 1);
		bitmap_clear(used, unit, units);
	}
	raw_spin_unlock_irqrestore(&room_lock, flags);
	if (!valid)
		misuse(NULL,
		       "free_percpu(%px) at %pB: alloc_percpu() did not give this out, or it is free "
		       "already",
		       ptr, (void *)_RET_IP_);
}

void percpu_walk(void (*fn)(size_t size, unsigned long where, void *arg), void *arg)
{
	unsigned long unit, end, flags;

	raw_spin_lock_irqsave(&room_lock, flags);
	for (unit = 0; (unit = find_next_bit(used, UNITS, unit)) < UNITS; unit = end) {
		end = find_next_bit(last, UNITS, unit) + 1;
		fn((end - unit) * UNIT, made_at[unit], arg);
	}
	raw_spin_unlock_irqrestore(&room_lock, flags);
}

size_t percpu_in_use(void)
{
	return bitmap_weight(used, UNITS) * UNIT;
}
