/* race.c: finds two accesses to the same bytes that nothing keeps apart, while they happen.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Two accesses race if they may happen at the same time, one of them writes, and one of them is plain:
 *   not marked by READ_ONCE(), WRITE_ONCE(), an atomic. (LKMM, "plain accesses and data races".) The
 *   compiler calls us before every access (-fsanitize=thread), and we sample: now and then an access is
 *   not made at once but held up, its bytes set as a *watchpoint*, and whoever touches them meanwhile
 *   is caught in the act. Both were about to be made, so no lock was held by both.
 *
 *      CPU 0: x = 1                             CPU 1: y = x
 *      sets a watchpoint on x, reads x
 *      waits                                    looks for a watchpoint: x is being written
 *      .                                        takes it, leaves its name and its backtrace
 *      takes the watchpoint back: it was taken
 *      reports both; then writes x              reads x
 *
 *   Nobody there, but x has changed: a race too, with somebody who was not asked (assembly, a device).
 *
 *   Only plain accesses are watched, so marked ones never meet one another. To look is enough for
 *   either: any access looks for a watched write, a write for any watched access. It costs a call, a
 *   hash and a load.
 *
 *   The watchpoint, a word of a table hashed by cache line: small kernels have all their data in a few
 *   pages. At most RACE_WATCH_BYTES of one line are watched, of a longer access some that are drawn;
 *   then a look asks for each line that it touches, and for no neighbours.
 *
 *        63  62     48 47                          0
 *       +---+---------+-----------------------------+
 *       | W | size    | address                     |     0: free     1: taken, being filled
 *       +---+---------+-----------------------------+
 *
 *   free -> watched (cmpxchg, who watches) -> taken (cmpxchg, who meets it) -> free (who watches, when
 *   `ready` says that the other is done). Who takes it has interrupts off until then, so
 *   the watcher, who spins for that, waits for a few hundred instructions of a CPU that runs.
 *
 *   Interrupts stay as they were. If they were on, the handler of one that comes during the wait meets
 *   the watchpoint of the thread that it interrupted, on one CPU too; and the thread may be preempted.
 *   The wait is a number of pauses, not a time: under an emulator that runs CPUs in turn each pause
 *   gives the turn away, and where they run in parallel it is some tens of microseconds.
 *
 *   Nothing is assumed to be harmless: a plain write of a word counts like any other, and so does one
 *   that writes what was there. What is meant to race says so: lib/instrument.h.
 *   It does not: find races that did not happen (it has no notion of before and after, only of at the
 *   same time), see assembly without an instrument_ call, or see accesses of files that the Makefile
 *   exempts. A run without a report is no proof; a report is one.
 *   Sources: Erickson, Musuvathi, Burckhardt, Olynyk, "Effective data-race detection for the kernel"
 *   (DataCollider), OSDI 2010; Linux's KCSAN (5.8) for the watchpoints in software.
 */
#include "kernel/debug/race.h"

#include <arch/irqflags.h>

#include "kernel/base/percpu.h"
#include "kernel/base/race_context.h"
#include "kernel/core/panic.h"
#include "kernel/debug/race_watch.h"
#include "lib/rand.h"

#define WATCHPOINTS     64 /* a power of two */
#define WATCHPOINT_BITS 6
#define LINE_SHIFT      6

#define WORD_FREE    0UL
#define WORD_TAKEN   1UL
#define WORD_WRITE   (1UL << 63)
#define SIZE_SHIFT   48
#define SIZE_MASK    0x7fffUL
#define ADDRESS_MASK ((1UL << SIZE_SHIFT) - 1)

#define ALL_BITS (~0UL)

/* How many pauses an access is held up at most, and at least half as many. Where interrupts are off,
 * others wait for this CPU. */
#define WAIT_PAUSES          120
#define WAIT_PAUSES_IRQS_OFF 40

struct watchpoint {
	unsigned long word;     /* [a] see above */
	u32 ready;              /* [a] `other` is filled */
	struct race_side other; /* written by who took it, then read by who watches */
} __aligned(64);

static struct watchpoint watchpoints[WATCHPOINTS];
static bool is_on;         /* [a] */
static unsigned long skip; /* [a] one of so many plain accesses is watched */

/* [c] of each CPU; an interrupt may come in the middle of a change, and then a number is drawn twice. */
static DEFINE_PER_CPU(s64,
		      until_look); /* plain accesses that are passed over before the next look */
static DEFINE_PER_CPU(struct rand_state, draws);

/* [c] of what is no thread: softirqs; interrupts and NMIs; a CPU that has no thread yet. */
static DEFINE_PER_CPU(struct race_context, softirq_context);
static DEFINE_PER_CPU(struct race_context, interrupt_context);
static DEFINE_PER_CPU(struct race_context, boot_context);

struct race_context *race_context(void)
{
	struct race_context *thread = this_cpu_read(cpu_local.race);

	if (in_hardirq() || in_nmi())
		return this_cpu_ptr(&interrupt_context);
	if (in_serving_softirq())
		return this_cpu_ptr(&softirq_context);
	return thread ?: this_cpu_ptr(&boot_context);
}

static bool is_off(void)
{
	return !READ_ONCE(is_on) || panic_in_progress();
}

/* ---- Watchpoints ----------------------------------------------------------------------------- */

static unsigned long encode(const struct race_access *access)
{
	return (access->type & RACE_WRITE ? WORD_WRITE : 0) | access->size << SIZE_SHIFT |
	       access->at;
}

static struct watchpoint *watchpoint_of(unsigned long line)
{
	// An odd constant spreads the low bits over the word (Knuth, TAOCP vol. 3, 6.4).
	return &watchpoints[(line * 0x9e3779b97f4a7c15UL) >> (64 - WATCHPOINT_BITS)];
}

/* Whether an access meets what @word watches. */
static bool meets(const struct race_access *access, unsigned long word)
{
	unsigned long watched = word & ADDRESS_MASK;
	unsigned long bytes = word >> SIZE_SHIFT & SIZE_MASK;

	return bytes && access->at < watched + bytes && watched < access->at + access->size &&
	       ((access->type & RACE_WRITE) || (word & WORD_WRITE));
}

/* The watchpoint that an access meets, and its word; NULL: none. */
static struct watchpoint *find(const struct race_access *access, unsigned long *word)
{
	unsigned long line = access->at >> LINE_SHIFT;
	unsigned long last = (access->at + access->size - 1) >> LINE_SHIFT;

	for (; line <= last; line++) {
		struct watchpoint *point = watchpoint_of(line);

		*word = READ_ONCE(point->word);
		if (unlikely(*word != WORD_FREE) && meets(access, *word))
			return point;
	}
	return NULL;
}

/* Take it, and leave word of who did. Who comes too late has met nobody. */
static noinline void take(struct watchpoint *point, unsigned long word,
			  const struct race_access *access)
{
	struct race_context *context = race_context();
	unsigned long flags;

	if (context->paused || is_off())
		return;
	context->paused++;
	flags = arch_local_irq_save();
	if (cmpxchg(&point->word, word, WORD_TAKEN) == word) {
		race_side_fill(&point->other, access);
		smp_store_release(&point->ready, 1); // [R] pairs with [T] in watch()
	}
	arch_local_irq_restore(flags);
	context->paused--;
}

/* ---- Watching -------------------------------------------------------------------------------- */

/* Words at any address. */
typedef u16 __attribute__((__may_alias__, __aligned__(1))) u16_anywhere;
typedef u32 __attribute__((__may_alias__, __aligned__(1))) u32_anywhere;
typedef u64 __attribute__((__may_alias__, __aligned__(1))) u64_anywhere;

static unsigned long read_value(const struct race_access *access)
{
	unsigned long value = 0;

	switch (access->size) {
	case 2:
		return READ_ONCE(*(const u16_anywhere *)access->at);
	case 4:
		return READ_ONCE(*(const u32_anywhere *)access->at);
	case 8:
		return READ_ONCE(*(const u64_anywhere *)access->at);
	default:
		for (size_t i = access->size; i > 0; i--)
			value = value << 8 | READ_ONCE(((const u8 *)access->at)[i - 1]);
		return value;
	}
}

static u32 draw(u32 limit)
{
	return rand_below(this_cpu_ptr(&draws), limit);
}

/* Of a long access the bytes that are watched are drawn; never are they in two lines. */
static struct race_access choose_bytes(struct race_access access)
{
	unsigned long line_end;

	if (access.size > RACE_WATCH_BYTES) {
		access.at += draw((u32)(access.size / RACE_WATCH_BYTES)) * RACE_WATCH_BYTES;
		access.size = RACE_WATCH_BYTES;
	}
	line_end = ((access.at >> LINE_SHIFT) + 1) << LINE_SHIFT;
	access.size = min(access.size, line_end - access.at);
	return access;
}

static void hold_up(void)
{
	u32 most = irqs_disabled() ? WAIT_PAUSES_IRQS_OFF : WAIT_PAUSES;
	u32 pauses = most / 2 + draw(most / 2);

	while (pauses--)
		cpu_relax();
}

/* Let go of a watchpoint that was taken. */
static void release_taken(struct watchpoint *point)
{
	WRITE_ONCE(point->ready, 0);
	smp_store_release(&point->word, WORD_FREE); // [F] pairs with [F] in watch()
}

/* Report the race of @access, of which @watched was watched, with who took @point, or nobody known. */
static void report_race(struct watchpoint *point, bool taken, const struct race_access *access,
			const struct race_access *watched, const unsigned long *values)
{
	struct race_report *report = race_report_begin();

	if (report && taken)
		report->other = point->other;
	if (taken)
		release_taken(point);
	if (!report)
		return;
	race_side_fill(&report->watcher, access);
	report->other_known = taken;
	report->watched = watched->at;
	report->before = values[0];
	report->after = values[1];
	race_report_end(report);
}

/* Hold up @access, which @context makes, and see who comes. */
static noinline void watch(struct race_context *context, const struct race_access *access)
{
	struct race_access watched = choose_bytes(*access);
	struct watchpoint *point = watchpoint_of(watched.at >> LINE_SHIFT);
	unsigned long word = encode(&watched);
	unsigned long values[2];
	bool taken, changed;

	// An address that faults does so here, where nothing is set yet.
	read_value(&watched);
	// [F] pairs with [F] in release_taken()
	if (cmpxchg(&point->word, WORD_FREE, word) != WORD_FREE)
		return;
	values[0] = read_value(&watched);
	hold_up();
	values[1] = read_value(&watched);
	taken = cmpxchg(&point->word, word, WORD_FREE) != word;
	changed = (values[0] ^ values[1]) & access->mask;
	// [T] pairs with [R] in take()
	while (taken && !smp_load_acquire(&point->ready))
		cpu_relax();
	context->paused++;
	if (changed || (taken && access->mask == ALL_BITS))
		report_race(point, taken, access, &watched, values);
	else if (taken)
		release_taken(point);
	context->paused--;
}

/* Whether plain accesses of @context count as marked. */
static bool is_atomic(struct race_context *context)
{
	if (context->atomic)
		return true;
	if (!context->atomic_looks)
		return false;
	context->atomic_looks--;
	return true;
}

/* What @context claims is looked at as if it were accessed now; one claim, or none, is to be watched. */
static const struct race_claim *look_at_claims(const struct race_context *context,
					       unsigned long frame)
{
	const struct race_claim *chosen = NULL;
	struct watchpoint *point;
	unsigned long word;

	for (const struct race_claim *claim = context->claims; claim; claim = claim->outer) {
		struct race_access access = { (unsigned long)claim->at,
					      claim->size,
					      claim->type,
					      ALL_BITS,
					      frame,
					      claim->place };

		point = find(&access, &word);
		if (point)
			take(point, word, &access);
		if (!chosen || draw(2))
			chosen = claim;
	}
	return draw(2) ? chosen : NULL;
}

/* Every so many accesses: watch this one, or what its context claims. */
static noinline void look(struct race_access access)
{
	struct race_context *context = race_context();
	const struct race_claim *claim;
	u32 most = (u32)READ_ONCE(skip);
	bool watches = context->watches;

	this_cpu_write(until_look, most / 2 + draw(most));
	if (context->paused || in_nmi() || is_off())
		return;
	// A thread that is preempted while it watches would meet its own claim.
	claim = watches ? NULL : look_at_claims(context, access.frame);
	if (claim) {
		access.at = (unsigned long)claim->at;
		access.size = claim->size;
		access.type = claim->type;
		access.claim = claim->place;
	} else if (!(access.type & RACE_ASSERT) && is_atomic(context)) {
		return;
	}
	context->watches = true;
	watch(context, &access);
	context->watches = watches;
}

void race_access(const struct race_access *access)
{
	struct watchpoint *point;
	unsigned long word;

	if (!READ_ONCE(is_on) || !access->size)
		return;
	point = find(access, &word);
	if (unlikely(point && access->mask == ALL_BITS))
		take(point, word, access);
	else if (!(access->type & RACE_MARKED) && this_cpu_sub_return(until_look, 1) < 0)
		look(*access);
}

/* ---- Set up ---------------------------------------------------------------------------------- */

unsigned long race_set_skip(unsigned long accesses)
{
	return xchg(&skip, accesses);
}

void race_init(u64 seed, unsigned long accesses)
{
	u32 cpu;

	race_set_skip(accesses);
	for_each_possible_cpu(cpu) rand_seed(per_cpu_ptr(&draws, cpu), seed + cpu);
	WRITE_ONCE(is_on, true);
}
