/* lockdep_table.c: runs the scenarios of lockdep_table.h and prints the table.
 * SPDX-License-Identifier: MIT
 *
 * A scenario is run by one thread, with no other about: its locks are really taken, and nothing hangs, since
 * what would is two locks. Afterwards they are made anew, and what was learnt of their classes is forgotten.
 */
#include "kernel/test/lockdep_table.h"

#include "kernel/base/bh.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/test.h"
#include "lib/format.h"
#include "lib/string.h"

#define LETTERS   "ABCDXWYVZ"
#define NR_LOCKS  (sizeof(LETTERS) - 1)
#define LINE_SIZE 128

static spinlock_t spins[NR_LOCKS];
static rwlock_t rwlocks[NR_LOCKS];
static struct mutex mutexes[NR_LOCKS];
static struct rw_semaphore rwsems[NR_LOCKS];
static struct rt_mutex rt_mutexes[NR_LOCKS];

static struct lock_class_key keys[NR_COLUMNS][NR_LOCKS];
static const char *const names[] = { "A", "B", "C", "D", "X1", "X2", "Y1", "Y2", "Z1" };

static const char *const headings[] = { " spin", "wlock", "rlock",  "mutex",
					" wsem", " rsem", "rtmutex" };

static u32 lock_index(char letter)
{
	return (u32)(strchr(LETTERS, letter) - LETTERS);
}

/* W is of the class of X, and V of that of Y. */
static u32 class_index(u32 i)
{
	return LETTERS[i] == 'W' || LETTERS[i] == 'V' ? i - 1 : i;
}

#define INIT(init, lock, column, i)                                                                \
	do {                                                                                       \
		init(lock);                                                                        \
		lockdep_set_class_and_name(lock, &keys[column][class_index(i)], names[i]);         \
	} while (0)

static void init_lock(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		INIT(spin_lock_init, &spins[i], column, i);
		break;
	case COLUMN_WLOCK:
	case COLUMN_RLOCK:
		INIT(rwlock_init, &rwlocks[i], COLUMN_WLOCK, i);
		break;
	case COLUMN_MUTEX:
		INIT(mutex_init, &mutexes[i], column, i);
		break;
	case COLUMN_WSEM:
	case COLUMN_RSEM:
		INIT(init_rwsem, &rwsems[i], COLUMN_WSEM, i);
		break;
	default:
		INIT(rt_mutex_init, &rt_mutexes[i], column, i);
		break;
	}
}

static void take(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		return spin_lock(&spins[i]);
	case COLUMN_WLOCK:
		return write_lock(&rwlocks[i]);
	case COLUMN_RLOCK:
		return read_lock(&rwlocks[i]);
	case COLUMN_MUTEX:
		return mutex_lock(&mutexes[i]);
	case COLUMN_WSEM:
		return down_write(&rwsems[i]);
	case COLUMN_RSEM:
		return down_read(&rwsems[i]);
	default:
		return rt_mutex_lock(&rt_mutexes[i]);
	}
}

static bool try(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		return spin_trylock(&spins[i]);
	case COLUMN_WLOCK:
		return write_trylock(&rwlocks[i]);
	case COLUMN_RLOCK:
		return read_trylock(&rwlocks[i]);
	case COLUMN_MUTEX:
		return mutex_trylock(&mutexes[i]);
	case COLUMN_WSEM:
		return down_write_trylock(&rwsems[i]);
	case COLUMN_RSEM:
		return down_read_trylock(&rwsems[i]);
	default:
		return rt_mutex_trylock(&rt_mutexes[i]);
	}
}

static void release(enum table_column column, u32 i)
{
	switch (column) {
	case COLUMN_SPIN:
		return spin_unlock(&spins[i]);
	case COLUMN_WLOCK:
		return write_unlock(&rwlocks[i]);
	case COLUMN_RLOCK:
		return read_unlock(&rwlocks[i]);
	case COLUMN_MUTEX:
		return mutex_unlock(&mutexes[i]);
	case COLUMN_WSEM:
		return up_write(&rwsems[i]);
	case COLUMN_RSEM:
		return up_read(&rwsems[i]);
	default:
		return rt_mutex_unlock(&rt_mutexes[i]);
	}
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
		take(type, i);
	else if (what == '-')
		release(type, i);
	else if (what == 't')
		EXPECT(try(type, i));
	else if (what == '!')
		init_lock(type, i);
	else
		spin_lock_nest_lock(&spins[i], &spins[lock_index(*step++)]);
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

/* All locks free, and nothing known of them. */
static void forget_all(void)
{
	for (u32 i = 0; i < NR_LOCKS; i++) {
		lockdep_reset_lock(&spins[i].dep_map);
		lockdep_reset_lock(&rwlocks[i].dep_map);
		lockdep_reset_lock(&mutexes[i].dep_map);
		lockdep_reset_lock(&rwsems[i].dep_map);
		lockdep_reset_lock(&rt_mutexes[i].dep_map);
		init_lock(COLUMN_SPIN, i);
		init_lock(COLUMN_WLOCK, i);
		init_lock(COLUMN_MUTEX, i);
		init_lock(COLUMN_WSEM, i);
		init_lock(COLUMN_RTMUTEX, i);
	}
}

/* Release what the case has left held, as far as it is noted outside of the locks. */
static void release_all(u32 depth, u32 count)
{
	lockdep_rewind(depth);
	for (u32 i = 0; i < NR_LOCKS; i++) {
		hook_sleep_released(&mutexes[i]);
		while (hook_sleep_released(&rwsems[i]))
			;
		hook_sleep_released(&rt_mutexes[i]);
	}
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
	forget_all();
	return reported;
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

/* One row, with its events in the order of @a_case: a line of the table. */
static void run_row(struct table_case *a_case, const char *prefix, const char *order)
{
	const struct table_row *row = a_case->row;
	char cells[LINE_SIZE];
	int used = 0;

	for (u32 column = 0; column < NR_COLUMNS; column++) {
		bool must = row->reports & (1U << column);
		bool right;

		if (!(row->columns & (1U << column))) {
			used += scnprintf(cells + used, sizeof(cells) - (size_t)used, "      |");
			continue;
		}
		a_case->column = column;
		a_case->panicked = false;
		right = run_case(a_case) == must;
		used += scnprintf(cells + used, sizeof(cells) - (size_t)used,
				  right ? "  ok  |" : "FAILED|");
		if (!EXPECT(right))
			test_note("%s%s%s, %s: must%s be reported", prefix, row->name, order,
				  headings[column], must ? "" : " not");
	}
	print_line(row, prefix, order, cells);
}

/* The next order of the @n events that @order names by digits, in the order of numbers; false: that was the last. */
static bool next_order(char *order, u32 n)
{
	u32 i = n - 1;
	u32 other = n - 1;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	while (order[other] <= order[i - 1])
		other--;
	swap(order[i - 1], order[other]);
	for (u32 last = n - 1; i < last; i++, last--)
		swap(order[i], order[last]);
	return true;
}

static void run_orders(const struct table_row *row, char context, const char *prefix)
{
	struct table_case a_case = { .row = row, .context = context };
	const char *starts[MAX_EVENTS];
	char order[MAX_EVENTS + 2] = "/1234";

	a_case.n_events = split(row->events, starts);
	order[1 + a_case.n_events] = '\0';
	do {
		for (u32 i = 0; i < a_case.n_events; i++)
			a_case.events[i] = starts[order[1 + i] - '1'];
		run_row(&a_case, prefix, a_case.n_events > 1 ? order : "");
		if (row->flags & ROW_LAST_PANICS)
			break;
	} while (next_order(order + 1, a_case.n_events));
}

void table_run(const struct table_row *rows)
{
	char heading[LINE_SIZE];
	int used = 0;

	for (u32 column = 0; column < NR_COLUMNS; column++)
		used += scnprintf(heading + used, sizeof(heading) - (size_t)used, "%-6s|",
				  headings[column]);
	pr_plain("# %34s %s\n", "", heading);
	forget_all();
	for (; rows->name; rows++) {
		if (!(rows->flags & ROW_SOFT))
			run_orders(rows, 'h', rows->flags & ROW_BOTH ? "hard-" : "");
		if (rows->flags & (ROW_BOTH | ROW_SOFT))
			run_orders(rows, 's', "soft-");
	}
}
