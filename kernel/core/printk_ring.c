/* printk_ring.c: a bounded queue of lines with many writers and one reader, without a lock.
 * SPDX-License-Identifier: MIT
 *
 * A writer owns its slots from the moment its compare-exchange has moved `head` past them, so two
 * writers never touch the same one. Only one thing can still be in it: a line of the lap before,
 * and `tail`, read before the exchange, says that this one is printed. That reading can only be too
 * old, which makes the ring look fuller than it is and never emptier.
 */
#include "kernel/core/printk_ring.h"

#include <arch/atomic.h>

static struct printk_record ring[PRINTK_RING_SIZE];
static u64 head; /* [a] the place to be drawn next */
static u64 tail; /* [a] the place to be printed next */

struct printk_record *printk_ring_record(u64 place)
{
	return &ring[place % PRINTK_RING_SIZE];
}

bool printk_ring_reserve(u32 n, u64 *place)
{
	u64 first = READ_ONCE(head);

	do {
		// [T] pairs with [T] in printk_ring_pop(): the slot's last reader is done.
		u64 printed = smp_load_acquire(&tail);

		// Signed: `first` may be older than `printed`, and then the exchange fails.
		if ((s64)(first + n - printed) > PRINTK_RING_SIZE)
			return false;
	} while (!try_cmpxchg(&head, &first, first + n));
	*place = first;
	return true;
}

void printk_ring_publish(u64 place)
{
	// [P] pairs with [P] in printk_ring_first(): the line is written before it is said to be.
	smp_store_release(&printk_ring_record(place)->published, place + 1);
}

struct printk_record *printk_ring_first(u64 *place)
{
	u64 first = READ_ONCE(tail);
	struct printk_record *record = printk_ring_record(first);

	*place = first;
	// [P] pairs with [P] in printk_ring_publish()
	return smp_load_acquire(&record->published) == first + 1 ? record : NULL;
}

void printk_ring_pop(u64 place)
{
	// [T] pairs with [T] in printk_ring_reserve(). An exchange and not a store, because a panic
	// may have taken the console from a CPU that is still about to do this: it must not turn
	// back what the panic has printed since.
	cmpxchg(&tail, place, place + 1);
}

bool printk_ring_recall(u64 place, struct printk_record *copy)
{
	const struct printk_record *record = printk_ring_record(place);

	if (smp_load_acquire(&record->published) != place + 1)
		return false;
	*copy = *record;
	smp_rmb(); // What was copied is that of `place` if nobody had begun to fill it anew.
	return READ_ONCE(record->published) == place + 1 &&
	       printk_ring_end() - place <= PRINTK_RING_SIZE;
}

u64 printk_ring_end(void)
{
	return READ_ONCE(head);
}

u64 printk_ring_printed(void)
{
	return READ_ONCE(tail);
}
