/* report.c: what is printed of a scenario: its data, its steps, and the token that repeats them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/report.h"

#include "kernel/core/printk.h"
#include "kernel/debug/symbols.h"
#include "kernel/explore/object.h"
#include "kernel/explore/table.h"
#include "kernel/options.h"
#include "kernel/explore/thread.h"
#include "kernel/wait_graph.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

static const char *const faults[] = {
	[FAULT_NONE] = "none",
	[FAULT_EXCLUSION] = "no mutual exclusion",
	[FAULT_ASSERTION] = "assertion",
	[FAULT_PANIC] = "panic",
	[FAULT_EXCEPTION] = "exception",
	[FAULT_DEAD_FRAME] = "dead stack frame",
	[FAULT_FREED] = "use after free",
	[FAULT_CONTEXT] = "context left changed",
	[FAULT_DEADLOCK] = "deadlock",
	[FAULT_LOST_WAKEUP] = "lost wake-up",
	[FAULT_LIVELOCK] = "never ends",
	[FAULT_UNEXPLAINED] = "not explained",
};

const char *report_fault(enum fault fault)
{
	return faults[fault];
}

/* ---- The data ------------------------------------------------------------------------------------------------- */

static struct watched asked[EXPLORE_WATCHED + 1];

/* Cut @text at the first @c, and return what is behind it; NULL if there is none. */
static char *cut(char *text, char c)
{
	char *at = strchr(text, c);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* Read name@address:bytes,... and cut it into pieces: once. */
static void parse_watch(char *text)
{
	for (u32 i = 0; i < EXPLORE_WATCHED && text && *text; i++) {
		char *next = cut(text, ','), *address = cut(text, '@');
		char *size = address ? cut(address, ':') : NULL;
		unsigned long at;
		unsigned int bytes;

		if (!size || kstrtoul(address, 0, &at) || kstrtouint(size, 0, &bytes))
			return;
		asked[i] = (struct watched){ text, (const void *)at, bytes };
		text = next;
	}
}

const struct watched *report_watch(const struct scenario *scenario)
{
	static struct watched own[EXPLORE_WATCHED + 1];

	if (options.watch[0] && !asked[0].name)
		parse_watch(options.watch);
	if (asked[0].name && !scenario->watch[0].name)
		return asked;
	memcpy(own, scenario->watch, sizeof(scenario->watch));
	return own;
}

void report_watched(const struct scenario *scenario)
{
	const struct watched *watch = report_watch(scenario);

	for (u32 i = 0; watch[i].name; i++)
		pr_plain("watched %u %s\n", i, watch[i].name);
}

static u64 value_at(const void *address, u32 size)
{
	u64 value = 0;

	memcpy(&value, address, min_t(u32, size, sizeof(value)));
	return value;
}

u64 report_value(const struct watched *watch)
{
	return value_at(watch->address, watch->size);
}

/* ---- The way to a state, a line a step ------------------------------------------------------------------------ */

struct values {
	u64 watched[EXPLORE_WATCHED];
	u64 datum; /* what the step touches */
};

static void note_values(const struct watched *watch, const struct op *op, struct values *values)
{
	for (u32 i = 0; watch[i].name; i++)
		values->watched[i] = report_value(&watch[i]);
	values->datum = op->size ? value_at((const void *)op->address, op->size) : 0;
}

static void print_step(const struct watched *watch, u32 number, u32 actor, const struct op *op,
		       const struct values *before)
{
	struct values after;
	char changes[320] = "";
	size_t used = 0;

	note_values(watch, op, &after);
	if (options.table) {
		table_step(number, stage_thread_of(actor), op, before->datum, after.datum);
		return;
	}
	for (u32 i = 0; watch[i].name; i++) {
		if (after.watched[i] != before->watched[i])
			used += (size_t)scnprintf(changes + used, sizeof(changes) - used,
						  " %u:%llx>%llx", i,
						  (unsigned long long)before->watched[i],
						  (unsigned long long)after.watched[i]);
	}
	pr_plain("step %u thread=%u rip=0x%lx address=0x%lx size=%u how=%u half=%u value=%llx>%llx "
		 "model=%s at %pS%s\n",
		 number, stage_thread_of(actor), op->rip, object_of(op->address), op->size, op->how,
		 op->first_half  ? 1 :
		 op->second_half ? 2 :
				   0,
		 (unsigned long long)before->datum, (unsigned long long)after.datum,
		 op->model ?: "-", (void *)op->rip, changes);
}

enum outcome report_step(const struct scenario *scenario, u32 number, u32 actor)
{
	const struct watched *watch = report_watch(scenario);
	struct values before;
	enum outcome outcome;

	note_values(watch, stage_next(actor), &before);
	outcome = stage_step(actor);
	print_step(watch, number, actor, stage_last(), &before);
	return outcome;
}

/* Who waits for what, at the end of a way where nobody can go on. */
static void print_waits(void)
{
	struct thread_wait wait;
	bool is_read;

	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct vthread *thread = &stage_threads[t];

		if (thread->state.done)
			continue;
		if (!stage_wait_of(t, &wait, &is_read) || !thread->state.asleep)
			wait = (struct thread_wait){ .kind = thread->state.asleep ? "sleep" :
										    "spin" };
		pr_plain("waits thread=%u kind=%s for=0x%lx whose=%d read=%d\n", t, wait.kind,
			 (unsigned long)wait.lock, wait.n_holders ? wait.holders[0].task->pid : -1,
			 is_read);
	}
}

/* Where they go on, and what they touch first, at the end of a way that is none: from there they may never end. */
static void print_places(void)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct vthread_state *state = &stage_threads[t].state;

		if (!state->done)
			pr_plain("goes on thread=%u datum=0x%lx at %pS\n", t,
				 stage_next(t)->address, (void *)state->regs.rip);
	}
}

noinline void explore_last_step(u32 actor)
{
	barrier();
}

enum outcome report_path(const struct scenario *scenario, bool tso, const u8 *path, u32 length,
			 bool stops)
{
	enum outcome outcome;
	bool can = true;

	stage_enter();
	outcome = stage_begin(scenario, tso);
	for (u32 i = 0; i < length && outcome == STEP_OK; i++) {
		can = stage_enabled(path[i]);
		if (!can) {
			pr_plain("explore: thread %u cannot take step %u\n",
				 stage_thread_of(path[i]), i);
			break;
		}
		if (stops && i == length - 1)
			explore_last_step(path[i]);
		outcome = report_step(scenario, i, path[i]);
	}
	if (outcome == STEP_OK && can) {
		outcome = stage_end();
		if (outcome == STEP_FAILED && !options.table)
			print_waits();
		else if (!options.table)
			print_places();
	}
	stage_leave();
	return outcome;
}

/* ---- The token: which thread takes how many steps in turn -------------------------------------------------------- */

static void print_part(const struct scenario *scenario, const char *part, bool first)
{
	if (options.table)
		table_token(scenario, part, first);
	else
		pr_plain("replay %s %s\n", scenario->name, part);
}

/* In as many lines as it takes: one has an end. */
void report_token(const struct scenario *scenario, const u8 *path, u32 length)
{
	char part[160] = "";
	size_t used = 0;
	bool first = true;

	for (u32 i = 0, n; i < length; i += n) {
		n = 1;
		while (i + n < length && path[i + n] == path[i])
			n++;
		used += (size_t)scnprintf(part + used, sizeof(part) - used, "%s%ux%u", i ? "," : "",
					  path[i], n);
		if (used < sizeof(part) - 16)
			continue;
		print_part(scenario, part, first);
		first = false;
		used = 0;
	}
	if (used || !length)
		print_part(scenario, used ? part : "", first);
}

/* Read a number up to @end; false if there is none. */
static bool parse_number(const char **at, char end, u32 *number)
{
	const char *start = *at;

	for (*number = 0; **at >= '0' && **at <= '9' && *number < SEARCH_PATH_MAX; (*at)++)
		*number = *number * 10 + (u32)(**at - '0');
	if (*at == start || (**at != end && **at))
		return false;
	*at += **at == end;
	return true;
}

bool report_parse_token(const char *token, u32 actors, struct search_result *result)
{
	u32 actor, steps;

	result->length = 0;
	while (*token) {
		if (!parse_number(&token, 'x', &actor) || !parse_number(&token, ',', &steps) ||
		    actor >= actors || steps > SEARCH_PATH_MAX - result->length)
			return false;
		memset(result->path + result->length, (int)actor, steps);
		result->length += steps;
	}
	return result->length > 0;
}
