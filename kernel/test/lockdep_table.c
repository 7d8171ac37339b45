/* lockdep_table.c: runs the scenarios of lockdep_table.h and prints the table.
 * SPDX-License-Identifier: MIT
 *
 * A scenario is run by one thread, with no other about: its locks are really taken, and nothing hangs, since
 * what would is two locks. Afterwards they are made anew, and what was learnt of their classes is forgotten.
 * The cases are gone through three times, in the same order: to count them, for the plan of KTAP; to run them,
 * and print the table, a row a line; and to report the result of each.
 */
#include "kernel/test/lockdep_table.h"

#include <arch/bitops.h>

#include "kernel/base/bh.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/locking/lockdep.h"
#include "kernel/test/test.h"
#include "lib/bitmap.h"
#include "lib/format.h"
#include "lib/string.h"

#define LINE_SIZE 128
#define MAX_CASES 1024

/* What is done with each case. */
static enum { CASES_COUNT, CASES_RUN, CASES_REPORT } pass;

static u32 n_cases;                       /* so far, in this pass */
static DECLARE_BITMAP(rights, MAX_CASES); /* those that came out as they must */

static const char *const headings[] = { " spin", "wlock", "rlock",  "mutex",
					" wsem", " rsem", "rtmutex" };

/* Without the blanks that keep it in its column. */
static const char *column_name(enum table_column column)
{
	return headings[column] + (headings[column][0] == ' ');
}

static u32 lock_index(char letter)
{
	return (u32)(strchr(LETTERS, letter) - LETTERS);
}

/* ---- Contexts -------------------------------------------------------------------------------------- */

/* As much of an interrupt, or a softirq, as the validator looks at. */
static void enter(char which)
{
	local_irq_disable();
	preempt_count_add(which == 'h' ? HARDIRQ_OFFSET : SOFTIRQ_OFFSET);
}

static void leave(char which)
{
	preempt_count_sub(which == 'h' ? HARDIRQ_OFFSET : SOFTIRQ_OFFSET);
	local_irq_enable();
}

static void turn_off(char which)
{
	if (which == 'h')
		local_irq_disable();
	else
		local_bh_disable();
}

static void turn_on(char which)
{
	if (which == 'h')
		local_irq_enable();
	else
		local_bh_enable();
}

/* ---- Steps ------------------------------------------------------------------------------------------- */

struct run {
	enum table_column column;
	char context; /* what `?` stands for */
	const char *event;
};

static enum table_column type_of(char type, enum table_column column)
{
	bool sleeping = column >= COLUMN_MUTEX;

	switch (type) {
	case 'l':
		return sleeping ? COLUMN_MUTEX : COLUMN_SPIN;
	case 'w':
		return sleeping ? COLUMN_WSEM : COLUMN_WLOCK;
	case 'r':
		return sleeping ? COLUMN_RSEM : COLUMN_RLOCK;
	case 's':
		return TYPE_SEMAPHORE;
	case 'c':
		return TYPE_COMPLETION;
	case 'p':
		return TYPE_LOCAL;
	default:
		return COLUMN_MUTEX;
	}
}

/* A step with a lock; returns what is behind it. */
static const char *step_lock(const struct run *run, const char *step)
{
	char what = *step++;
	enum table_column type = run->column;
	u32 i;

	if (*step >= 'a')
		type = type_of(*step++, run->column);
	i = lock_index(*step++);
	if (what == '+')
		table_take(type, i);
	else if (what == '-')
		table_release(type, i);
	else if (what == 't')
		EXPECT(table_try(type, i));
	else if (what == '!')
		table_init_lock(type, i);
	else
		table_nest(i, lock_index(*step++));
	return step;
}

static const char *step_context(const struct run *run, const char *step)
{
	char what = *step++;
	char which = *step == '?' ? run->context : *step;

	if (what == '[')
		enter(which);
	else if (what == ']')
		leave(which);
	else if (what == '{')
		turn_off(which);
	else
		turn_on(which);
	return step + 1;
}

static void run_event(void *arg)
{
	const struct run *run = arg;
	const char *step = run->event;

	while (*step && *step != ';') {
		if (strchr("[]{}", *step))
			step = step_context(run, step);
		else if (*step == ' ')
			step++;
		else
			step = step_lock(run, step);
	}
}

/* ---- A case ------------------------------------------------------------------------------------------- */

#define MAX_EVENTS 4

struct table_case {
	const struct table_row *row;
	enum table_column column;
	char context;
	const char *events[MAX_EVENTS]; /* in the order of this case */
	u32 n_events;
	bool panicked;
};

static void run_events(void *arg)
{
	struct table_case *a_case = arg;
	struct run run = { .column = a_case->column, .context = a_case->context };

	for (u32 i = 0; i < a_case->n_events; i++) {
		run.event = a_case->events[i];
		if (i + 1 == a_case->n_events && (a_case->row->flags & ROW_LAST_PANICS))
			a_case->panicked = test_panics(run_event, &run, "");
		else
			run_event(&run);
	}
}

/* Release what the case has left held, as far as it is noted outside of the locks. */
static void release_all(u32 depth, u32 count)
{
	lockdep_rewind(depth);
	table_release_noted();
	// A thread that may be preempted holds no spinlock.
	if (preempt_count() != count)
		hook_spin_released_all();
	preempt_count_sub(preempt_count() - count);
}

/* Whether it is reported. */
static bool run_case(struct table_case *a_case)
{
	u32 count = preempt_count();
	u32 depth = lockdep_depth();
	bool reported;

	force_read_lock_recursive = !(a_case->row->flags & ROW_FAIR);
	reported = test_warnings(run_events, a_case, "") || a_case->panicked;
	force_read_lock_recursive = 0;
	release_all(depth, count);
	table_forget_all();
	return reported;
}

/* Run it as number @number, and keep in mind whether it comes out as it must. */
static bool judge_case(struct table_case *a_case, u32 number)
{
	bool must = a_case->row->reports & (1U << a_case->column);
	bool right;

	a_case->panicked = false;
	right = run_case(a_case) == must;
	if (right)
		set_bit(number, rights);
	else
		clear_bit(number, rights);
	return right;
}

/* ---- The table ------------------------------------------------------------------------------------------ */

static u32 split(const char *events, const char **starts)
{
	u32 n = 0;

	starts[n++] = events;
	while ((events = strchr(events, ';')))
		starts[n++] = ++events;
	return n;
}

static void print_line(const struct table_row *row, const char *prefix, const char *order,
		       const char *cells)
{
	char name[48];

	snprintf(name, sizeof(name), "%s%s%s", prefix, row->name, order);
	pr_plain("# %34s:%s\n", name, cells);
}

/* The result of case number @number. In KTAP there is no # in a name. */
static void report_case(const struct table_case *a_case, const char *prefix, const char *order,
			u32 number)
{
	bool must = a_case->row->reports & (1U << a_case->column);
	char name[LINE_SIZE];

	snprintf(name, sizeof(name), "%s%s%s, %s: %s", prefix, a_case->row->name, order,
		 column_name(a_case->column), must ? "reported" : "not reported");
	for (char *c = name; *c; c++)
		*c = *c == '#' ? '.' : *c;
	test_part(test_bit(number, rights), "%s", name);
}

/* One row, with its events in the order of @a_case: in the pass that runs them a line of the table. */
static void row_cases(struct table_case *a_case, const char *prefix, const char *order)
{
	const struct table_row *row = a_case->row;
	char cells[LINE_SIZE];
	int used = 0;

	for (u32 column = 0; column < NR_COLUMNS; column++) {
		const char *cell = "      |";

		if (row->columns & (1U << column)) {
			a_case->column = column;
			if (pass == CASES_REPORT)
				report_case(a_case, prefix, order, n_cases);
			else if (pass == CASES_RUN)
				cell = judge_case(a_case, n_cases) ? "  ok  |" : "FAILED|";
			n_cases++;
		}
		used += scnprintf(cells + used, sizeof(cells) - (size_t)used, "%s", cell);
	}
	if (pass == CASES_RUN)
		print_line(row, prefix, order, cells);
}

/* The next order of the @n events that @order names by digits, in the order of numbers; false: that was the last. */
static bool next_order(char *order, u32 n)
{
	u32 i = n - 1, other;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	other = n - 1;
	while (order[other] <= order[i - 1])
		other--;
	swap(order[i - 1], order[other]);
	for (u32 last = n - 1; i < last; i++, last--)
		swap(order[i], order[last]);
	return true;
}

static void order_cases(const struct table_row *row, char context, const char *prefix)
{
	struct table_case a_case = { .row = row, .context = context };
	const char *starts[MAX_EVENTS];
	char order[MAX_EVENTS + 2] = "/1234";

	a_case.n_events = split(row->events, starts);
	order[1 + a_case.n_events] = '\0';
	do {
		for (u32 i = 0; i < a_case.n_events; i++)
			a_case.events[i] = starts[order[1 + i] - '1'];
		row_cases(&a_case, prefix, a_case.n_events > 1 ? order : "");
		if (row->flags & ROW_LAST_PANICS)
			break;
	} while (next_order(order + 1, a_case.n_events));
}

static void print_heading(void)
{
	char heading[LINE_SIZE];
	int used = 0;

	for (u32 column = 0; column < NR_COLUMNS; column++)
		used += scnprintf(heading + used, sizeof(heading) - (size_t)used, "%-6s|",
				  headings[column]);
	pr_plain("# %34s %s\n", "", heading);
}

/* Go through all cases of @rows once; returns how many there are. */
static u32 all_cases(const struct table_row *rows, int what)
{
	pass = what;
	n_cases = 0;
	for (; rows->name; rows++) {
		if (!(rows->flags & ROW_SOFT))
			order_cases(rows, 'h', rows->flags & ROW_BOTH ? "hard-" : "");
		if (rows->flags & (ROW_BOTH | ROW_SOFT))
			order_cases(rows, 's', "soft-");
	}
	return n_cases;
}

void table_run(const struct table_row *rows)
{
	u32 planned = all_cases(rows, CASES_COUNT);

	REQUIRE(planned <= MAX_CASES);
	print_heading();
	table_forget_all();
	all_cases(rows, CASES_RUN);
	test_parts(planned);
	all_cases(rows, CASES_REPORT);
}
