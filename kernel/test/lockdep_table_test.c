/* lockdep_table_test.c: the self-test of the lock validator: what must be reported, and what must not.
 * SPDX-License-Identifier: MIT
 *
 * The scenarios and their verdicts are those of Linux's locking self-test (6.1) as far as the locks are
 * ours; those under "more" are our own, and two of them are deadlocks that Linux's validator misses. The
 * notation is that of lockdep_table.h.
 */
#include "kernel/test/lockdep_table.h"

#include "kernel/base/config.h"
#include "kernel/test/test.h"

/* Take both, in this order, and release them. */
#define PAIR(p, q) "+" p "+" q "-" q "-" p
#define SPINNING   (IN_SPIN | IN_WLOCK | IN_RLOCK)
#define SLEEPING   NOT(SPINNING)
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}
#define ONLY_CHECKED                                                                               \
	do {                                                                                       \
		if (!CONFIG_CHECKED)                                                               \
			SKIP("the fast profile has no validator");                                 \
	} while (0)

/* Recursive readers wait for no reader: they alone are right. */
static const struct table_row order_rows[] = {
	{ "A-A deadlock", "+X+W", IN_ALL, NOT(IN_RLOCK), 0 },
	{ "A-B-B-A deadlock", PAIR("A", "B") PAIR("B", "A"), IN_ALL, NOT(IN_RLOCK), 0 },
	{ "A-B-B-C-C-A deadlock", PAIR("A", "B") PAIR("B", "C") PAIR("C", "A"), IN_ALL,
	  NOT(IN_RLOCK), 0 },
	{ "A-B-C-A-B-C deadlock", PAIR("A", "B") PAIR("C", "A") PAIR("B", "C"), IN_ALL,
	  NOT(IN_RLOCK), 0 },
	{ "A-B-B-C-C-D-D-A deadlock", PAIR("A", "B") PAIR("B", "C") PAIR("C", "D") PAIR("D", "A"),
	  IN_ALL, NOT(IN_RLOCK), 0 },
	{ "A-B-C-D-B-D-D-A deadlock", PAIR("A", "B") PAIR("C", "D") PAIR("B", "D") PAIR("D", "A"),
	  IN_ALL, NOT(IN_RLOCK), 0 },
	{ "A-B-C-D-B-C-D-A deadlock", PAIR("A", "B") PAIR("C", "D") PAIR("B", "C") PAIR("D", "A"),
	  IN_ALL, NOT(IN_RLOCK), 0 },
	{ "double unlock", "+A-A;-A", IN_ALL, IN_ALL, ROW_LAST_PANICS },
	{ "initialize held", "+A!A", IN_ALL, IN_ALL, 0 },
	END,
};

TEST(lockdep_table_orders)
{
	ONLY_CHECKED;
	table_run(order_rows);
}

static const struct table_row reader_rows[] = {
	{ "recursive read-lock", "+rX+rX", IN_RLOCK | IN_RSEM, IN_RSEM, 0 },
	{ "recursive read-lock #2", "+rX+rW", IN_RLOCK | IN_RSEM, IN_RSEM, 0 },
	{ "mixed read-write-lock", "+rX+wW", IN_RLOCK | IN_RSEM, IN_ALL, 0 },
	{ "mixed write-read-lock", "+wX+rW", IN_RLOCK | IN_RSEM, IN_ALL, 0 },
	{ "mixed read-lock/lock-write ABBA", PAIR("rX", "lY") PAIR("lY", "wX"), IN_RLOCK | IN_RSEM,
	  IN_ALL, 0 },
	{ "mixed read-lock/lock-read ABBA", PAIR("rX", "lY") PAIR("lY", "rX"), IN_RLOCK | IN_RSEM,
	  IN_RSEM, 0 },
	{ "mixed write-lock/lock-write ABBA", PAIR("wX", "lY") PAIR("lY", "wX"), IN_RLOCK | IN_RSEM,
	  IN_ALL, 0 },
	{ "chain cached mixed R-L/L-W ABBA", PAIR("rX", "lY") PAIR("lY", "rX") PAIR("lY", "wX"),
	  IN_RLOCK, IN_ALL, 0 },
	{ "rlock W1R2/W2R3/W3R1 ", PAIR("wX", "rY") ";" PAIR("wY", "rZ") ";" PAIR("wZ", "rX"),
	  IN_RLOCK, IN_ALL, 0 },
	{ "rlock W1W2/R2R3/W3R1 ", PAIR("wX", "wY") ";" PAIR("rY", "rZ") ";" PAIR("wZ", "rX"),
	  IN_RLOCK, IN_ALL, 0 },
	{ "rlock W1W2/R2R3/R3W1 ", PAIR("wX", "wY") ";" PAIR("rY", "rZ") ";" PAIR("rZ", "wX"),
	  IN_RLOCK, 0, 0 },
	{ "rlock W1R2/R2R3/W3W1 ", PAIR("wX", "rY") ";" PAIR("rY", "rZ") ";" PAIR("wZ", "wX"),
	  IN_RLOCK, 0, 0 },
	END,
};

TEST(lockdep_table_readers)
{
	ONLY_CHECKED;
	table_run(reader_rows);
}

static const struct table_row interrupt_rows[] = {
	{ "irqs-on + irq-safe-A", "[?+A-A]?;+A-A", SPINNING, NOT(IN_RLOCK), ROW_BOTH },
	{ "sirq-safe-A => hirqs-on", "[s+A-A]s;{h+A}h-A", SPINNING, NOT(IN_RLOCK), ROW_SOFT },
	{ "safe-A + irqs-on", "[?+A-A]?;{?+A}?-A", SPINNING, NOT(IN_RLOCK), ROW_BOTH },
	{ "safe-A + unsafe-B #1", PAIR("A", "B") ";+B-B;[?+A-A]?", SPINNING, NOT(IN_RLOCK),
	  ROW_BOTH },
	{ "safe-A + unsafe-B #2", "{?" PAIR("A", "B") "}?;+B-B;[?+A-A]?", SPINNING, NOT(IN_RLOCK),
	  ROW_BOTH },
	{ "irq lock-inversion", "{?" PAIR("wA", "B") "}?;+B-B;[?+rA-rA]?", SPINNING, NOT(IN_RLOCK),
	  ROW_BOTH },
	{ "irq read-recursion", "{?+wA-wA}?;+rA-rA;[?" PAIR("A", "lB") "]?", IN_WLOCK | IN_RLOCK,
	  IN_WLOCK, ROW_BOTH },
	{ "irq read-recursion #2", "{?" PAIR("lB", "A") "}?;+rA-rA;[?+lB-lB]?", IN_WLOCK | IN_RLOCK,
	  IN_WLOCK, ROW_BOTH },
	{ "irq read-recursion #3", "{?" PAIR("wB", "A") "}?;+rA-rA;[?+rB-rB]?", IN_WLOCK | IN_RLOCK,
	  IN_WLOCK, ROW_BOTH },
	END,
};

TEST(lockdep_table_interrupts)
{
	ONLY_CHECKED;
	table_run(interrupt_rows);
}

/* Where readers queue behind writers, and recur in interrupts only. */
static const struct table_row fair_rows[] = {
	{ "hardirq read-lock/lock-read", "[h" PAIR("rA", "lB") "]h{h" PAIR("lB", "rA") "}h",
	  IN_RLOCK, IN_RLOCK, ROW_FAIR },
	{ "hardirq lock-read/read-lock", "[h" PAIR("lB", "rA") "]h{h" PAIR("rA", "lB") "}h",
	  IN_RLOCK, 0, ROW_FAIR },
	{ "hardirq inversion", "[h+lB-lB]h{h" PAIR("lB", "rA") "}h+rA-rA", IN_RLOCK, IN_RLOCK,
	  ROW_FAIR },
	END,
};

TEST(lockdep_table_fair_readers)
{
	ONLY_CHECKED;
	if (!CONFIG_RWLOCK_FAIR)
		SKIP("with RWLOCK=reader readers recur everywhere");
	table_run(fair_rows);
}

static const struct table_row other_rows[] = {
	{ "spinlock nest unlocked", "nAX", IN_SPIN, IN_SPIN, 0 },
	{ "spinlock nest test", "+XnYX+AnVX-A-V-Y-X", IN_SPIN, 0, 0 },
	{ "local_lock inversion  2", "+pC-pC[h+A-A]h{h" PAIR("A", "pC") "}h", IN_SPIN, 0, 0 },
	{ "local_lock inversion 3A", PAIR("pC", "B") "[h+A-A]h{h" PAIR("A", "pC") "}h", IN_SPIN, 0,
	  0 },
	{ "local_lock inversion 3B",
	  PAIR("pC", "B") "[h+A-A]h{h" PAIR("A", "pC") "}h{h" PAIR("A", "B") "}h", IN_SPIN, IN_SPIN,
	  0 },
	{ "hardirq_unsafe_softirq_safe",
	  "+mA{h+lC-lC}h-mA[h+lA-lA]h{h" PAIR("lA", "lB") "}h{h" PAIR(
		  "lB", "lC") "}h[s+lD-lD]s{s+lD-lD}s{h" PAIR("lC", "lD") "}h",
	  IN_SPIN, IN_SPIN, 0 },
	END,
};

TEST(lockdep_table_others)
{
	ONLY_CHECKED;
	table_run(other_rows);
}

/* Three threads: one has C and wants to read B, one has B and wants A, one reads A and wants C. */
#define READ_A_WRITE_C  PAIR("rA", "wC")
#define WRITE_B_WRITE_A PAIR("wB", "wA")
#define READ_B_READ_C   PAIR("rB", "rC")
#define WRITE_C_READ_B  PAIR("wC", "rB")

static const struct table_row more_rows[] = {
	{ "way hidden by a closed edge",
	  READ_A_WRITE_C WRITE_B_WRITE_A READ_B_READ_C WRITE_C_READ_B, IN_RLOCK, IN_RLOCK, 0 },
	{ "the same, nothing hidden", READ_A_WRITE_C WRITE_B_WRITE_A WRITE_C_READ_B, IN_RLOCK,
	  IN_RLOCK, 0 },
	{ "the same, no A before C", WRITE_B_WRITE_A READ_B_READ_C WRITE_C_READ_B, IN_RLOCK, 0, 0 },
	{ "the same, no B before A", READ_A_WRITE_C READ_B_READ_C WRITE_C_READ_B, IN_RLOCK, 0, 0 },
	{ "way hidden, from a writer",
	  PAIR("wA", "rX") PAIR("rX", "lY") PAIR("wA", "lZ") PAIR("lZ", "lY") PAIR("lY", "lB")
		  PAIR("lB", "wA"),
	  IN_RLOCK, IN_RLOCK, 0 },
	{ "way reached by a reader first",
	  PAIR("wB", "rC") PAIR("wB", "wA") PAIR("wA", "wC") PAIR("rC", "wD") PAIR("wD", "wB"),
	  IN_RLOCK, IN_RLOCK, 0 },
	{ "the same, by the reader only",
	  PAIR("wB", "rC") PAIR("wB", "wA") PAIR("rC", "wD") PAIR("wD", "wB"), IN_RLOCK, 0, 0 },
	{ "order over a recursive reader", "+wA+rB+wC-wC-rB-wA" PAIR("wC", "wA"), IN_RLOCK,
	  IN_RLOCK, 0 },
	{ "the same, by readers only", "+rA+rB+rC-rC-rB-rA" PAIR("rC", "rA"), IN_RLOCK, 0, 0 },
	{ "a reader between safe and unsafe",
	  "[h+lB-lB]h{h" PAIR("lB", "rA") "}h+lC-lC{h" PAIR("rA", "lC") "}h", IN_RLOCK, 0, 0 },
	{ "softirq-safe between, not hardirq-safe",
	  "[h+A-A]h[s+B-B]s{h" PAIR("A", "B") "}h{s+C-C}s{h" PAIR("B", "C") "}h", IN_SPIN, IN_SPIN,
	  0 },
	{ "a local lock in a thread and in a handler", "+pC-pC;[?+pC-pC]?", IN_SPIN, IN_SPIN,
	  ROW_BOTH },
	{ "the same, interrupts off in the thread", "{?+pC-pC}?;[?+pC-pC]?", IN_SPIN, 0, ROW_BOTH },
	{ "a local lock and another, ABBA", PAIR("pC", "A") ";" PAIR("A", "pC"), IN_SPIN, IN_SPIN,
	  0 },
	{ "interrupts off keep softirqs off", "{h+A-A}h;[s+A-A]s", SPINNING, 0, 0 },
	{ "trylock, then lock; ABBA", "tA+B-B-A" PAIR("B", "A"), IN_ALL, NOT(IN_RLOCK), 0 },
	{ "lock, then trylock; no ABBA", "+A tB-B-A" PAIR("B", "A"), IN_ALL, 0, 0 },
	{ "lock, trylock, lock; ABBA", "+A tB+C-C-B-A" PAIR("C", "A"), IN_ALL, NOT(IN_RLOCK), 0 },
	{ "trylock of the same class", "+X tW-W-X", IN_ALL, 0, 0 },
	{ "trylock in an interrupt", "[?tA-A]?;+A-A", SPINNING, 0, ROW_BOTH },
	{ "outer lock taken second", "+Y+XnVX-V-X-Y", IN_SPIN, IN_SPIN, 0 },
	{ "nested in an interrupt", "+XnYX[?nVX-V]?-Y-X", IN_SPIN, IN_SPIN, ROW_BOTH },
	{ "between two nested, then one more; ABBA", "+XnYX+AnVX+D-D-V-A-Y-X" PAIR("D", "A"),
	  IN_SPIN, IN_SPIN, 0 },
	{ "the same, nothing taken between", "+XnYX+A-AnVX+D-D-V-Y-X" PAIR("D", "A"), IN_SPIN, 0,
	  0 },
	{ "nested under one of several nested", "+DnYDnVDnXV+AnWV-W-A-X-V-Y-D", IN_SPIN, 0, 0 },
	{ "nested, the first was tried; ABBA", "+X+A tY nVX-V-Y-A-X" PAIR("V", "A"), IN_SPIN,
	  IN_SPIN, 0 },
	{ "the same, then one more; ABBA", "+X+A tY nVX+D-D-V-Y-A-X" PAIR("D", "A"), IN_SPIN,
	  IN_SPIN, 0 },
	{ "order seen where more was held",
	  "+wA+rB-wA+wC-wC-rB"
	  "+wA+rB+wC-wC-rB-wA" PAIR("wC", "wA"),
	  IN_RLOCK, IN_RLOCK, 0 },
	{ "released in any order", "+A+B+C-A+D-B-D-C" PAIR("A", "C") PAIR("B", "D") PAIR("C", "D"),
	  IN_ALL, 0, 0 },
	{ "released below, then ABBA", "+A+B-A+C-C-B" PAIR("C", "A") PAIR("A", "C"), IN_ALL,
	  NOT(IN_RLOCK), 0 },
	END,
};

static const struct table_row event_rows[] = {
	{ "semaphore, lock; lock, semaphore", "+sC+A-A-sC;+A+sC-sC-A", SLEEPING, SLEEPING, 0 },
	{ "three with a semaphore", PAIR("A", "sC") ";" PAIR("sC", "B") ";" PAIR("B", "A"),
	  SLEEPING, SLEEPING, 0 },
	{ "semaphore tried with the lock held", "+sC+A-A-sC;+A tsC-sC-A", SLEEPING, 0, 0 },
	{ "waited for, completed, under a lock", "+A+cC-A;+A-cC-A", SLEEPING, SLEEPING, 0 },
	{ "three with a completion", "+A+cC-A;+B-cC-B;" PAIR("B", "A"), SLEEPING, SLEEPING, 0 },
	{ "the same, no lock at complete()", "+A+cC-A;+B-B-cC;" PAIR("B", "A"), SLEEPING, 0, 0 },
	{ "the same, no lock at the wait", "+A-A+cC;+B-cC-B;" PAIR("B", "A"), SLEEPING, 0, 0 },
	{ "two completions, a lock each", "+A+cC-A;+B-cC-B;+B+cD-B;+A-cD-A", SLEEPING, SLEEPING,
	  0 },
	{ "completed under a lock that was tried", "+A+cC-A;tA-cC-A", SLEEPING, 0, 0 },
	{ "tried or taken, then completed", "+A+cC-A;tA-cC-A;+A-cC-A", SLEEPING, SLEEPING, 0 },
	{ "completed under two, waited with one", "+A+cC-A;+B+A-cC-A-B", SLEEPING, SLEEPING, 0 },
	{ "the same, with the outer", "+B+cC-B;+B+A-cC-A-B", SLEEPING, SLEEPING, 0 },
	{ "completed in a handler", "+A+cC-A;+A[h-cC]h-A", SLEEPING, 0, 0 },
	END,
};

TEST(lockdep_table_events)
{
	ONLY_CHECKED;
	table_run(event_rows);
}

TEST(lockdep_table_more)
{
	ONLY_CHECKED;
	table_run(more_rows);
}
