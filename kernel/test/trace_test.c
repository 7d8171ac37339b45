/* trace_test.c: the trace: what is noted, in which order, and what becomes of the oldest.
 * SPDX-License-Identifier: MIT
 */
#include <arch/cpu.h>

#include "kernel/base/trace.h"
#include "kernel/core/smpcall.h"
#include "kernel/debug/trace_dump.h"
#include "kernel/locking/lockstat.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/test/sched_test.h"
#include "lib/string.h"

#if CONFIG_CHECKED

#define MAX_FOUND 256

/* What a test looks for in the rings of all CPUs, by time. */
static struct trace_record found[MAX_FOUND];
static u32 found_cpu[MAX_FOUND];
static u32 n_found;

static void insert(const struct trace_record *record, u32 cpu)
{
	u32 at = n_found;

	if (n_found == MAX_FOUND)
		return;
	for (n_found++; at > 0 && found[at - 1].ns > record->ns; at--) {
		found[at] = found[at - 1];
		found_cpu[at] = found_cpu[at - 1];
	}
	found[at] = *record;
	found_cpu[at] = cpu;
}

static void find(bool (*wanted)(const struct trace_record *record))
{
	u32 cpu;

	n_found = 0;
	for_each_online_cpu(cpu) {
		const struct trace_ring *ring = per_cpu_ptr(&trace_ring, cpu);
		u64 first = ring->head > TRACE_RECORDS ? ring->head - TRACE_RECORDS : 0;

		for (u64 i = first; i < ring->head; i++) {
			const struct trace_record *record = &ring->records[i % TRACE_RECORDS];

			if (record->kind != TRACE_TEXT && wanted(record))
				insert(record, cpu);
		}
	}
}

/* The next record of @kind by thread @pid at or after the *@at-th of what was found; *@at is behind it then. */
static const struct trace_record *next(enum trace_kind kind, int pid, u32 *at)
{
	for (; *at < n_found; (*at)++) {
		if (found[*at].kind == kind && found[*at].pid == pid)
			return &found[(*at)++];
	}
	return NULL;
}

/* ---- Locks that are waited for ------------------------------------------------------------------ */

static DEFINE_MUTEX(lock);
static DEFINE_SEMAPHORE(units);
static struct actor waiter;
static int waiter_pid;

static int take_both(void *unused)
{
	mutex_lock(&lock);
	mutex_unlock(&lock);
	down(&units);
	up(&units);
	return 0;
}

static bool of_the_locks(const struct trace_record *record)
{
	return record->object == (u64)&lock.dep_map || record->object == (u64)&lock ||
	       record->object == (u64)&units ||
	       (record->kind == TRACE_WAKE && record->arg == (u32)waiter_pid);
}

/* A thread that waits for the mutex, and then for the semaphore, which this one has. */
static void wait_for_both(void)
{
	mutex_lock(&lock);
	down(&units);
	if (EXPECT(actor_start(&waiter, take_both, NULL, ANY_CPU))) {
		waiter_pid = waiter.task->pid;
		EXPECT(actor_sleeps(&waiter));
		mutex_unlock(&lock);
		EXPECT(actor_sleeps(&waiter));
		up(&units);
		EXPECT_EQ(actor_join(&waiter), 0);
	} else {
		mutex_unlock(&lock);
		up(&units);
	}
}

/* In this order, whatever else there is between them. */
TEST(trace_tells_of_waiting)
{
	const struct trace_record *record;
	int me = current->pid;
	u32 at = 0;

	REQUIRE(trace_start() == 0);
	wait_for_both();
	trace_stop();
	find(of_the_locks);
	EXPECT(next(TRACE_ACQUIRE, me, &at));
	EXPECT(next(TRACE_ACQUIRED, me, &at));
	record = next(TRACE_ACQUIRE, waiter_pid, &at);
	EXPECT(record && !strcmp((const char *)(unsigned long)record->name, "lock"));
	EXPECT(next(TRACE_CONTENDED, waiter_pid, &at));
	EXPECT(next(TRACE_SLEEP, waiter_pid, &at));
	record = next(TRACE_SWITCH, waiter_pid, &at);
	EXPECT(record && record->object == (u64)&lock);
	EXPECT(next(TRACE_RELEASE, me, &at));
	record = next(TRACE_WAKE, me, &at);
	EXPECT(record && record->arg == (u32)waiter_pid);
	record = next(TRACE_ACQUIRED, waiter_pid, &at);
	EXPECT(record && record->flags == 0);
	EXPECT(next(TRACE_RELEASE, waiter_pid, &at));
	record = next(TRACE_SWITCH, waiter_pid, &at);
	EXPECT(record && record->object == (u64)&units);
	record = next(TRACE_HANDOFF, me, &at);
	EXPECT(record && record->arg == (u32)waiter_pid && record->object == (u64)&units);
	record = next(TRACE_WAKE, me, &at);
	EXPECT(record && record->arg == (u32)waiter_pid);
	EXPECT_EQ(trace_nr_lost(), 0);
}

TEST(trace_off_writes_nothing)
{
	u64 before;

	REQUIRE(trace_start() == 0);
	trace_stop();
	before = trace_nr_records();
	wait_for_both();
	trace_printk("nobody reads this");
	EXPECT_EQ(trace_nr_records(), before);
}

/* ---- Handlers ----------------------------------------------------------------------------------- */

static void note_in_handler(void *unused)
{
	trace_printk("handler");
}

static bool of_handlers(const struct trace_record *record)
{
	return record->kind == TRACE_MARK || record->kind == TRACE_IRQ_ENTER ||
	       record->kind == TRACE_IRQ_EXIT;
}

/* Whether what is noted on CPU @cpu at and after the @at-th is: in a handler, a mark, and out again. */
static bool is_in_handler(u32 at)
{
	const struct trace_record *mark = &found[at], *other;
	u32 i;

	for (i = at; i-- > 0 && found_cpu[i] != found_cpu[at];)
		;
	if (i == ~0U)
		return false;
	other = &found[i];
	if (other->kind != TRACE_IRQ_ENTER || !(other->flags & TRACE_IN_HARDIRQ))
		return false;
	for (i = at + 1; i < n_found && found_cpu[i] != found_cpu[at]; i++)
		;
	return i < n_found && found[i].kind == TRACE_IRQ_EXIT && found[i].value == other->value &&
	       mark->flags & TRACE_IN_HARDIRQ;
}

TEST(trace_tells_of_handlers)
{
	u32 marks = 0;

	if (num_online_cpus() < 2)
		SKIP("needs a second CPU to interrupt");
	REQUIRE(trace_start() == 0);
	smp_call_function(note_in_handler, NULL, true);
	trace_stop();
	find(of_handlers);
	REQUIRE(n_found < MAX_FOUND);
	for (u32 i = 0; i < n_found; i++) {
		if (found[i].kind == TRACE_MARK) {
			marks++;
			EXPECT(is_in_handler(i));
		}
	}
	EXPECT_EQ(marks, num_online_cpus() - 1);
}

/* ---- The ring ----------------------------------------------------------------------------------- */

static bool of_this_test(const struct trace_record *record)
{
	return record->kind == TRACE_HANDOFF && record->object == (u64)found;
}

/* On each CPU as many as a ring has, and some more, numbered. */
static void fill_ring(void *unused)
{
	for (u32 i = 0; i < TRACE_RECORDS + 100; i++)
		trace_note(TRACE_HANDOFF, found, NULL, i, 0);
}

/* Each CPU's ring has its last records, without a gap, and the count of what is gone. */
TEST(trace_keeps_the_last)
{
	u64 n = num_online_cpus();
	u32 cpu;

	REQUIRE(trace_start() == 0);
	on_each_cpu(fill_ring, NULL, true);
	trace_stop();
	EXPECT_EQ(trace_nr_records(), n * TRACE_RECORDS);
	EXPECT(trace_nr_lost() >= n * 100);
	for_each_online_cpu(cpu) {
		const struct trace_ring *ring = per_cpu_ptr(&trace_ring, cpu);
		const struct trace_record *last = NULL;
		u32 gaps = 0, backwards = 0;

		for (u64 i = ring->head - TRACE_RECORDS; i < ring->head; i++) {
			const struct trace_record *record = &ring->records[i % TRACE_RECORDS];

			if (!of_this_test(record))
				continue;
			gaps += last && record->arg != last->arg + 1;
			backwards += last && record->ns < last->ns;
			last = record;
		}
		EXPECT_EQ(gaps, 0);
		EXPECT_EQ(backwards, 0);
		EXPECT(last && last->arg == TRACE_RECORDS + 99);
	}
}

/* The text of the mark that ring @ring has at @at. */
static void text_of(const struct trace_ring *ring, u64 at, char *text)
{
	u32 n = ring->records[at % TRACE_RECORDS].value;

	memset(text, 0, TRACE_TEXT_MAX + TRACE_TEXT_SIZE);
	for (u32 i = 0; i < n; i++) {
		const struct trace_record *part = &ring->records[(at + 1 + i) % TRACE_RECORDS];

		EXPECT_EQ(part->kind, TRACE_TEXT);
		memcpy(text + i * TRACE_TEXT_SIZE, part, TRACE_TEXT_SIZE);
	}
}

static const char long_text[] =
	"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"
	"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";

/* Empty, of one part, of a part and a byte, and cut off. */
TEST(trace_texts)
{
	static const u32 lengths[] = { 0, 30, 31, TRACE_TEXT_MAX, TRACE_TEXT_MAX + 10 };
	char text[TRACE_TEXT_MAX + TRACE_TEXT_SIZE];
	u32 seen = 0, cpu;

	REQUIRE(trace_start() == 0);
	preempt_disable(); // They are in one ring, in order.
	for (u32 i = 0; i < ARRAY_SIZE(lengths); i++)
		trace_printk("%.*s", (int)lengths[i], long_text);
	preempt_enable();
	trace_stop();
	for_each_online_cpu(cpu) {
		const struct trace_ring *ring = per_cpu_ptr(&trace_ring, cpu);

		for (u64 i = 0; i < ring->head; i++) {
			u32 wanted;

			if (ring->records[i].kind != TRACE_MARK || seen == ARRAY_SIZE(lengths))
				continue;
			text_of(ring, i, text);
			wanted = min_t(u32, lengths[seen++], TRACE_TEXT_MAX);
			EXPECT_EQ(strlen(text), wanted);
			EXPECT(!strncmp(text, long_text, wanted));
		}
	}
	EXPECT_EQ(seen, ARRAY_SIZE(lengths));
}

#endif
