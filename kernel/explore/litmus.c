/* litmus.c: the litmus tests of x86: is the published outcome reachable exactly where it must be?
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A litmus test is a few accesses on a few CPUs, and one outcome. None of the outcomes here is reachable where stores
 *   are visible at once (sc). Those that are ALLOWED are where stores are delayed (tso), since a load may be done
 *   while an earlier store is still in the buffer; those that are FORBIDDEN are not there either. The first 28 are all that
 *   the herd tools publish for this machine, by their names, with their verdicts (herd/herdtools7, kinds.txt in the
 *   catalogue). The names are diy's: SB is store buffering, MP message passing, LB load buffering; mfence, rfi (a
 *   thread reads its own store) and po (nothing between) say what lies between the accesses of each thread.
 *   The others are of P. Sewell et al., "x86-TSO", CACM 53 (7), 2010, and of S. Owens et al., TPHOLs 2009.
 *
 *   A thread reads what it is to do from a text that nobody writes, which is private; each access is an instruction of
 *   its own. What was loaded is kept in a register, and told when all of the thread's stores are visible, so
 *   that telling takes no room among them.
 */
#include <arch/barrier.h>
#include <arch/cmpxchg.h>

#include "kernel/explore/explore.h"

SCENARIO_NAME(litmus);

/* x=1: store. r=x: load. x~1: exchange. fence. */
struct litmus {
	const char *threads[EXPLORE_THREADS];
	/* The outcome: what each thread has loaded, a digit each, and what is in memory in the end; 0: whatever. */
	u32 seen[EXPLORE_THREADS];
	u32 x, y;
};

static const struct litmus *litmus; /* written before the threads begin only */
static u32 x __aligned(8), y __aligned(8), z __aligned(8);
static u64 told[EXPLORE_THREADS];

static void litmus_setup(const struct litmus *chosen)
{
	litmus = chosen;
	x = y = z = 0;
	for (u32 t = 0; t < EXPLORE_THREADS; t++)
		told[t] = 0;
}

static __always_inline u32 *datum(char name)
{
	return name == 'x' ? &x : name == 'y' ? &y : &z;
}

static const char *next_word(const char *at)
{
	while (*at && *at != ' ')
		at++;
	while (*at == ' ')
		at++;
	return at;
}

static void litmus_run(u32 thread)
{
	u64 seen = 0;

	for (const char *op = litmus->threads[thread]; *op; op = next_word(op)) {
		if (op[0] == 'r')
			seen = seen * 10 + READ_ONCE(*datum(op[2]));
		else if (op[1] == '=')
			WRITE_ONCE(*datum(op[0]), (u32)(op[2] - '0'));
		else if (op[1] == '~')
			xchg(datum(op[0]), (u32)(op[2] - '0'));
		else
			mb();
	}
	mb();
	WRITE_ONCE(told[thread], seen);
}

/* Whether this end is not the outcome. */
static bool litmus_check(void)
{
	for (u32 t = 0; t < EXPLORE_THREADS; t++) {
		if (told[t] != litmus->seen[t])
			return true;
	}
	return (litmus->x && x != litmus->x) || (litmus->y && y != litmus->y);
}

#define ALLOWED      true
#define FORBIDDEN    false
#define PROGRAM(...) .threads = { __VA_ARGS__ }
#define SEEN(...)    .seen = { __VA_ARGS__ }

#define LITMUS(litmus_name, title, n, verdict, ...)                                                \
	static const struct litmus test_##litmus_name = { __VA_ARGS__ };                           \
	static void setup_##litmus_name(void)                                                      \
	{                                                                                          \
		litmus_setup(&test_##litmus_name);                                                 \
	}                                                                                          \
	SCENARIO(litmus_##litmus_name, n, .about = (title), .group = "litmus",                     \
		 .needs_fence = (verdict), .setup = setup_##litmus_name, .run = litmus_run,        \
		 .check = litmus_check, .watch = { WATCH(x), WATCH(y), WATCH(z) })

/* ---- The herd tools' 28 ---- */

LITMUS(2_2w, "2+2W", 2, FORBIDDEN, PROGRAM("x=2 y=1", "y=2 x=1"), .x = 2, .y = 2);
LITMUS(lb, "LB", 2, FORBIDDEN, PROGRAM("r=x y=1", "r=y x=1"), SEEN(1, 1));
LITMUS(mp, "MP", 2, FORBIDDEN, PROGRAM("x=1 y=1", "r=y r=x"), SEEN(0, 10));
LITMUS(mp_po_po_rfi_po, "MP+po+po-rfi-po", 2, FORBIDDEN, PROGRAM("x=1 y=1", "r=y z=1 r=z r=x"),
       SEEN(0, 110));
LITMUS(r, "R", 2, ALLOWED, PROGRAM("x=1 y=1", "y=2 r=x"), .y = 2);
LITMUS(r_po_mfence, "R+po+mfence", 2, FORBIDDEN, PROGRAM("x=1 y=1", "y=2 fence r=x"), .y = 2);
LITMUS(r_po_po_rfi_po, "R+po+po-rfi-po", 2, ALLOWED, PROGRAM("x=1 y=1", "y=2 z=1 r=z r=x"),
       SEEN(0, 10), .y = 2);
LITMUS(r_po_rfi_po, "R+po+rfi-po", 2, ALLOWED, PROGRAM("x=1 y=1", "y=2 r=y r=x"), SEEN(0, 20),
       .y = 2);
LITMUS(rwc, "RWC", 3, ALLOWED, PROGRAM("x=1", "r=x r=y", "y=1 r=x"), SEEN(0, 10));
LITMUS(rwc_po_mfence, "RWC+po+mfence", 3, FORBIDDEN, PROGRAM("x=1", "r=x r=y", "y=1 fence r=x"),
       SEEN(0, 10));
LITMUS(rwc_po_rfi_po, "RWC+po+rfi-po", 3, ALLOWED, PROGRAM("x=1", "r=x r=y", "y=1 r=y r=x"),
       SEEN(0, 10, 10));
LITMUS(s, "S", 2, FORBIDDEN, PROGRAM("x=2 y=1", "r=y x=1"), SEEN(0, 1), .x = 2);
LITMUS(sb, "SB", 2, ALLOWED, PROGRAM("x=1 r=y", "y=1 r=x"), SEEN(0, 0));
LITMUS(sb_mfence_po, "SB+mfence+po", 2, ALLOWED, PROGRAM("x=1 fence r=y", "y=1 r=x"), SEEN(0, 0));
LITMUS(sb_mfence_po_rfi_po, "SB+mfence+po-rfi-po", 2, ALLOWED,
       PROGRAM("x=1 fence r=y", "y=1 z=1 r=z r=x"), SEEN(0, 10));
LITMUS(sb_mfence_rfi_po, "SB+mfence+rfi-po", 2, ALLOWED, PROGRAM("x=1 fence r=y", "y=1 r=y r=x"),
       SEEN(0, 10));
LITMUS(sb_mfences, "SB+mfences", 2, FORBIDDEN, PROGRAM("x=1 fence r=y", "y=1 fence r=x"),
       SEEN(0, 0));
LITMUS(sb_po_po_rfi_po, "SB+po+po-rfi-po", 2, ALLOWED, PROGRAM("x=1 r=y", "y=1 z=1 r=z r=x"),
       SEEN(0, 10));
LITMUS(sb_po_rfi_po, "SB+po+rfi-po", 2, ALLOWED, PROGRAM("x=1 r=y", "y=1 r=y r=x"), SEEN(0, 10));
LITMUS(sb_rfi_po_po_rfi_po, "SB+rfi-po+po-rfi-po", 2, ALLOWED,
       PROGRAM("x=1 r=x r=y", "y=1 z=1 r=z r=x"), SEEN(10, 10));
LITMUS(sb_rfi_pos, "SB+rfi-pos", 2, ALLOWED, PROGRAM("x=1 r=x r=y", "y=1 r=y r=x"), SEEN(10, 10));
LITMUS(wrc, "WRC", 3, FORBIDDEN, PROGRAM("x=1", "r=x y=1", "r=y r=x"), SEEN(0, 1, 10));
LITMUS(wrr_2w, "WRR+2W", 3, FORBIDDEN, PROGRAM("x=2", "r=x r=y", "y=1 x=1"), SEEN(0, 20), .x = 2);
LITMUS(wrw_2w, "WRW+2W", 3, FORBIDDEN, PROGRAM("x=2", "r=x y=1", "y=2 x=1"), SEEN(0, 2), .x = 2,
       .y = 2);
LITMUS(wrw_wr, "WRW+WR", 3, ALLOWED, PROGRAM("x=1", "r=x y=1", "y=2 r=x"), SEEN(0, 1), .y = 2);
LITMUS(wrw_wr_po_mfence, "WRW+WR+po+mfence", 3, FORBIDDEN,
       PROGRAM("x=1", "r=x y=1", "y=2 fence r=x"), SEEN(0, 1), .y = 2);
LITMUS(wrw_wr_po_rfi_po, "WRW+WR+po+rfi-po", 3, ALLOWED, PROGRAM("x=1", "r=x y=1", "y=2 r=y r=x"),
       SEEN(0, 1, 20), .y = 2);
LITMUS(wwc, "WWC", 3, FORBIDDEN, PROGRAM("x=2", "r=x y=1", "r=y x=1"), SEEN(0, 2, 1), .x = 2);

/* ---- The papers' ---- */

LITMUS(n4b, "n4b", 2, FORBIDDEN, PROGRAM("r=x x=1", "r=x x=2"), SEEN(2, 1));
LITMUS(n5, "n5", 2, FORBIDDEN, PROGRAM("x=1 r=x", "x=2 r=x"), SEEN(2, 1));
LITMUS(n6, "n6", 2, ALLOWED, PROGRAM("x=1 r=x r=y", "y=2 x=2"), SEEN(10, 0), .x = 1);
LITMUS(n7, "n7", 3, ALLOWED, PROGRAM("x=1 r=x r=y", "y=1", "r=y r=x"), SEEN(10, 0, 10));
LITMUS(sb_locked, "amd10", 2, FORBIDDEN, PROGRAM("x~1 r=y", "y~1 r=x"), SEEN(0, 0));
LITMUS(iriw, "IRIW", 4, FORBIDDEN, PROGRAM("x=1", "y=1", "r=x r=y", "r=y r=x"), SEEN(0, 0, 10, 10));
