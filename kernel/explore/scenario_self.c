/* scenario_self.c: what the explorer itself could overlook: each of these came out otherwise when it did.
 * SPDX-License-Identifier: MIT
 */
#include <arch/barrier.h>

#include "kernel/explore/explore.h"
#include "kernel/explore/thread.h"
#include "kernel/locking/spin/ticket.h"

/* ---- A write that is half in a word that is shared, and half in one that nobody has written yet ---- */

static struct {
	u32 first;
	u16 pad;
	u32 across __packed; /* of the first and of the second eight bytes */
} halves __aligned(8);

static u32 *second_half = (u32 *)((char *)&halves + 8);

static void halves_setup(void)
{
	halves.first = 0;
	halves.across = 0;
}

static void write_across(u32 thread)
{
	if (thread == 0) {
		WRITE_ONCE(halves.first, 1);
		*(volatile u32 *)((char *)&halves + 6) = ~0U;
	} else {
		explore_assert(!READ_ONCE(*second_half));
	}
}

SCENARIO(self_across, 2, .about = "a write across two words, and a reader of the second one",
	 .broken = true, .setup = halves_setup, .run = write_across, .watch = { WATCH(halves) });

/* ---- A handler in the section of the thread that it interrupts ---- */

static int step;

static void step_setup(void)
{
	step = 0;
}

static void two_steps_inside(u32 thread)
{
	explore_enter();
	WRITE_ONCE(step, 1);
	WRITE_ONCE(step, 2);
	explore_leave();
	WRITE_ONCE(step, 3);
}

static void inside_for_a_moment(u32 thread)
{
	explore_enter();
	explore_leave();
}

/* Alone: nobody else is there to be met. */
SCENARIO(self_handler_inside, 1, .about = "a handler enters what it has interrupted",
	 .broken = true, .setup = step_setup, .run = two_steps_inside,
	 .interrupt = inside_for_a_moment, .watch = { WATCH(step) });

/* ---- A read-modify-write reads though the buffer of stores is full ---- */

static u32 x, y, filled[STORES_MAX - 1];
static u32 seen[2];

static void full_setup(void)
{
	x = y = 0;
	for (u32 i = 0; i < ARRAY_SIZE(filled); i++)
		filled[i] = 0;
	seen[0] = seen[1] = ~0U;
}

static void add_with_full_buffer(void)
{
	WRITE_ONCE(x, 1);
	for (u32 i = 0; i < ARRAY_SIZE(filled); i++)
		WRITE_ONCE(filled[i], 1);
	asm volatile("addl $16, %0" : "+m"(y)::"cc", "memory");
}

static void store_and_look(void)
{
	WRITE_ONCE(y, 1);
	smp_mb();
	WRITE_ONCE(seen[0], READ_ONCE(x));
}

static void fill_and_add(u32 thread)
{
	if (thread == 0)
		add_with_full_buffer();
	else
		store_and_look();
}

/* If the add has not seen y == 1 it lost that; and then the other thread has seen x, unless the stores that come before the
 * add were still in the buffer when it read. */
static bool is_in_order(void)
{
	return y != 16 || seen[0] == 1;
}

SCENARIO(self_full_buffer, 2, .about = "as many stores as can be delayed, then an add",
	 .needs_fence = true, .setup = full_setup, .run = fill_and_add, .check = is_in_order,
	 .watch = { WATCH(x), WATCH(y), WATCH(seen) });

/* ---- A pointer to nowhere ---- */

static u32 *nowhere;

static void nowhere_setup(void)
{
	nowhere = (u32 *)0x123456789000;
}

static void write_nowhere(u32 thread)
{
	WRITE_ONCE(*READ_ONCE(nowhere), 1);
}

SCENARIO(self_nowhere, 1, .about = "a write to memory that is not there", .broken = true,
	 .setup = nowhere_setup, .run = write_nowhere);

/* ---- What looks like a ticket lock, and is a number that is asked for ---- */

static union {
	u32 both;
	u16 half[2];
} number __aligned(8);
static u32 between __aligned(8);

#define ROUND 0x10001U

static void number_setup(void)
{
	number.both = 0;
	between = 1;
}

static void draw(void)
{
	asm volatile("addl $0x10000, %0" : "+m"(number.both)::"cc", "memory");
}

static void draw_locked(void)
{
	asm volatile("lock addl $0x10000, %0" : "+m"(number.both)::"cc", "memory");
}

/* The state at the store between is the same each time, but for the number. */
static void serve(void)
{
	asm volatile("incw %0" : "+m"(number.half[0])::"cc", "memory");
	WRITE_ONCE(between, 1);
}

static void count_plainly(u32 thread)
{
	do {
		draw();
		serve();
	} while (READ_ONCE(number.both) < 3 * ROUND);
}

static void count_from_5(u32 thread)
{
	WRITE_ONCE(number.both, 5 * ROUND);
	do {
		draw_locked();
		serve();
	} while (READ_ONCE(number.both) < 8 * ROUND);
}

SCENARIO(self_no_ticket, 1, .about = "counts as a ticket lock does, without LOCK",
	 .setup = number_setup, .run = count_plainly, .watch = { WATCH(number) });
SCENARIO(self_ticket_stored, 1, .about = "a ticket lock that is also stored to",
	 .setup = number_setup, .run = count_from_5, .watch = { WATCH(number) });

/* ---- What the explorer leaves on a thread's stack ---- */

static u64 words_below(void)
{
	u64 found;

	asm volatile("nop\n\t" // its step's exception goes where the frame will be
		     "subq $64, %%rsp\n\t"
		     "movq (%%rsp), %0\n\t"
		     "orq 8(%%rsp), %0\n\t"
		     "orq 16(%%rsp), %0\n\t"
		     "orq 24(%%rsp), %0\n\t"
		     "orq 32(%%rsp), %0\n\t"
		     "orq 40(%%rsp), %0\n\t"
		     "orq 48(%%rsp), %0\n\t"
		     "orq 56(%%rsp), %0\n\t"
		     "addq $64, %%rsp"
		     : "=&r"(found)::"cc", "memory");
	return found;
}

static void look_below(u32 thread)
{
	explore_assert(!words_below());
}

SCENARIO(self_stack, 2, .about = "a new stack frame holds nothing", .run = look_below);

/* ---- More that is shared, on a way that a search does not go which has found something wrong before ---- */

static u32 raised, before __aligned(8), later __aligned(8);

static void later_setup(void)
{
	raised = before = later = 0;
}

static void raise_and_go_on(u32 thread)
{
	if (thread == 0) {
		explore_assert(!READ_ONCE(raised));
		WRITE_ONCE(before, 1);
		return;
	}
	WRITE_ONCE(raised, 1);
	WRITE_ONCE(before, 2);
	WRITE_ONCE(later, 1);
}

SCENARIO(self_later, 2, .about = "shares more after what is wrong", .broken = true,
	 .setup = later_setup, .run = raise_and_go_on,
	 .watch = { WATCH(raised), WATCH(before), WATCH(later) });

/* ---- A function that keeps registers which others do not, called where others can see the stack ---- */

#define KEPT 42

static struct ticket_lock lock;
static u64 *offered;
static bool written;

static void kept_setup(void)
{
	ticket_init(&lock);
	offered = NULL;
	written = false;
}

/* From now on these words of the stack are shared, whatever lies there. */
static noinline void offer_stack(void)
{
	u64 words[32];

	WRITE_ONCE(offered, words);
	while (!READ_ONCE(written))
		cpu_relax();
	WRITE_ONCE(offered, NULL);
}

/* As ticket_lock(), with something in %rax meanwhile. */
static noinline u64 lock_and_keep(u64 kept)
{
	register unsigned long stack asm("rsp");
	u32 drawn = ticket_draw(&lock);

	if (!ticket_is_served(drawn))
		asm volatile("call ticket_wait"
			     : "+r"(stack), "+m"(lock.both), "+a"(kept)
			     : "D"(&lock), "S"(drawn >> 16)
			     : "memory", "cc");
	ticket_unlock(&lock);
	return kept;
}

/* Deeper in the stack than what guards the other function's frame. */
static noinline u64 keep_deeper(u64 kept)
{
	u64 result = lock_and_keep(kept);

	barrier();
	return result;
}

static void keep_register(u32 thread)
{
	u64 *words;

	if (thread == 0) {
		offer_stack();
		explore_assert(keep_deeper(KEPT) == KEPT);
		return;
	}
	do
		words = READ_ONCE(offered);
	while (!words);
	for (u32 i = 0; i < 32; i++)
		WRITE_ONCE(words[i], 0);
	ticket_lock(&lock);
	WRITE_ONCE(written, true);
	ticket_unlock(&lock);
}

SCENARIO(self_kept, 2, .about = "ticket_wait() keeps its caller's registers", .setup = kept_setup,
	 .run = keep_register, .watch = { WATCH(lock), WATCH(written) });

/* ---- Stores that are delayed, of which one leads into the section, and one out ---- */

static u32 mine[2];

static void mine_setup(void)
{
	mine[0] = mine[1] = 0;
}

static void pass_section(u32 thread)
{
	WRITE_ONCE(mine[thread], 1);
	explore_enter();
	WRITE_ONCE(mine[thread], 2);
	explore_leave();
	WRITE_ONCE(mine[thread], 3);
	WRITE_ONCE(mine[thread], 4);
}

SCENARIO(self_section, 2, .about = "stores that lead into the section and out", .broken = true,
	 .setup = mine_setup, .run = pass_section, .watch = { WATCH(mine[0]), WATCH(mine[1]) });
