/* explore.c: runs the scenarios, and says what was found.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"

#include <arch/clock.h>
#include <arch/insn.h>

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"
#include "kernel/debug/symbols.h"
#include "kernel/explore/search.h"
#include "kernel/locking/spin/osq.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "lib/format.h"
#include "lib/string.h"

#define MAX_STATES 2000000U

static struct search_result result;

static const char *const faults[] = {
	[FAULT_NONE] = "none",
	[FAULT_EXCLUSION] = "no mutual exclusion",
	[FAULT_ASSERTION] = "assertion",
	[FAULT_PANIC] = "panic",
	[FAULT_EXCEPTION] = "exception",
	[FAULT_DEAD_FRAME] = "dead stack frame",
	[FAULT_CONTEXT] = "context left changed",
	[FAULT_DEADLOCK] = "deadlock",
	[FAULT_LOST_WAKEUP] = "lost wake-up",
	[FAULT_LIVELOCK] = "never ends",
	[FAULT_UNEXPLAINED] = "not explained",
};

static bool known(const char *name)
{
	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++) {
		if (!strcmp(s->name, name))
			return true;
	}
	return !strcmp(name, "quick");
}

static void print_names(void)
{
	pr_plain("  quick\n");
	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++)
		pr_plain("  %s\n", s->name);
}

/* ---- The report: the way to the wrong state, a line a step ------------------------------------------------------ */

static u64 value_of(const struct watched *watch)
{
	u64 value = 0;

	memcpy(&value, watch->address, min_t(u32, watch->size, sizeof(value)));
	return value;
}

static void print_step(const struct scenario *scenario, u32 number, u32 t, const u64 *before)
{
	const struct op *op = stage_last();
	char changes[160] = "";
	size_t used = 0;

	for (u32 i = 0; i < EXPLORE_WATCHED && scenario->watch[i].name; i++) {
		u64 now = value_of(&scenario->watch[i]);

		if (now != before[i])
			used += (size_t)scnprintf(changes + used, sizeof(changes) - used,
						  " %u:%llx>%llx", i, (unsigned long long)before[i],
						  (unsigned long long)now);
	}
	pr_plain("step %u thread=%u rip=%#lx address=%#lx how=%u half=%u model=%s at %pS%s\n",
		 number, t, op->rip, op->address, op->how,
		 op->first_half  ? 1 :
		 op->second_half ? 2 :
				   0,
		 op->model ?: "-", (void *)op->rip, changes);
}

/* Takes the way again, with what each step does to the watched data. Returns how it ends. */
static enum outcome print_path(const struct scenario *scenario, bool tso)
{
	u64 before[EXPLORE_WATCHED] = { 0 };
	enum outcome outcome;

	stage_enter();
	outcome = stage_begin(scenario, tso);
	for (u32 i = 0; i < result.length && outcome == STEP_OK; i++) {
		if (!stage_enabled(result.path[i])) {
			pr_plain("explore: thread %u cannot take step %u\n", result.path[i], i);
			break;
		}
		for (u32 w = 0; w < EXPLORE_WATCHED && scenario->watch[w].name; w++)
			before[w] = value_of(&scenario->watch[w]);
		outcome = stage_step(result.path[i]);
		print_step(scenario, i, stage_thread_of(result.path[i]), before);
	}
	if (outcome == STEP_OK)
		outcome = stage_end();
	stage_leave();
	return outcome;
}

static void print_watched(const struct scenario *scenario)
{
	for (u32 i = 0; i < EXPLORE_WATCHED && scenario->watch[i].name; i++)
		pr_plain("watched %u %s\n", i, scenario->watch[i].name);
}

/* Which thread takes how many steps in turn. */
static void print_token(const struct scenario *scenario)
{
	char token[400] = "";
	size_t used = 0;

	for (u32 i = 0, n; i < result.length; i += n) {
		n = 1;
		while (i + n < result.length && result.path[i + n] == result.path[i])
			n++;
		used += (size_t)scnprintf(token + used, sizeof(token) - used, "%s%ux%u",
					  i ? "," : "", result.path[i], n);
	}
	pr_plain("replay %s %s\n", scenario->name, token);
}

static const char *verdict_of(void)
{
	static char text[120];

	if (result.kind == WRONG) {
		snprintf(text, sizeof(text), "%s%s", faults[result.failure.fault],
			 result.ways ? ", found by a random walk" : "");
	} else if (result.kind == TOO_MANY) {
		snprintf(text, sizeof(text),
			 "NOT exhaustive: too many states; %u random walks found nothing",
			 result.ways);
	} else {
		snprintf(text, sizeof(text), "nothing wrong is reachable%s",
			 result.bounded ? " with so few preemptions (NOT exhaustive)" : "");
	}
	return text;
}

static bool is_chosen(const struct scenario *scenario, const char *names)
{
	if (options.cpus && scenario->threads != options.cpus)
		return false;
	return name_in_list(scenario->name, names) ||
	       (!scenario->slow && *names && name_in_list("quick", names));
}

/* Returns whether it came out as it must. */
static bool explore(const struct scenario *scenario, bool tso)
{
	bool broken = scenario->broken || (tso && scenario->needs_fence);
	bool wrong, right;

	search_run(scenario, tso, &result);
	wrong = result.kind == WRONG && result.failure.fault != FAULT_UNEXPLAINED;
	right = broken ? wrong : result.kind == EXHAUSTED;
	pr_plain(
		"explored %s model=%s threads=%u states=%u steps=%llu instructions=%llu executed=%llu restarts=%u locals=%u us=%llu preemptions=%u length=%u "
		"%s: %s%s\n",
		scenario->name, tso ? "tso" : "sc", scenario->threads, result.states,
		(unsigned long long)result.steps, (unsigned long long)result.instructions,
		(unsigned long long)result.executed, result.restarts, result.locals,
		(unsigned long long)result.ns / NSEC_PER_USEC,
		result.kind == WRONG ? result.preemptions : 0,
		result.kind == WRONG ? result.length : 0, right ? "as it must" : "UNEXPECTED",
		verdict_of(),
		wrong && tso && !scenario->broken ?
			" (with delayed stores only: a fence is missing)" :
			"");
	if (result.kind == WRONG) {
		pr_plain("failed thread=%u at %pS: %s\n", result.failure.thread,
			 (void *)result.failure.rip, result.failure.text);
		print_watched(scenario);
		print_path(scenario, tso);
		print_token(scenario);
	}
	return right;
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

/* Read a token, as print_token() prints it. False if it is none. */
static bool parse_token(const char *token, u32 actors)
{
	u32 thread, steps;

	result.length = 0;
	while (*token) {
		if (!parse_number(&token, 'x', &thread) || !parse_number(&token, ',', &steps) ||
		    thread >= actors || steps > SEARCH_PATH_MAX - result.length)
			return false;
		memset(result.path + result.length, (int)thread, steps);
		result.length += steps;
	}
	return result.length > 0;
}

/* Take the steps of @token in @scenario: VERDICT_PASS if that ends in what is wrong. What is a step depends on what
 * is shared, and that the search finds out. */
static enum verdict replay(const struct scenario *scenario, bool tso, const char *token)
{
	enum outcome outcome;

	search_run(scenario, tso, &result);
	if (!parse_token(token, stage_actors())) {
		pr_plain("explore: replay=%s: give the steps of 0 to %u, as in 0x3,1x2\n", token,
			 stage_actors() - 1);
		return VERDICT_USAGE;
	}
	print_watched(scenario);
	outcome = print_path(scenario, tso);
	pr_plain("replayed %s threads=%u: %s\n", scenario->name, scenario->threads,
		 outcome == STEP_OK ? "nothing is wrong up to here" :
				      faults[stage_failure()->fault]);
	return outcome == STEP_OK ? VERDICT_FAIL : VERDICT_PASS;
}

/* In each model that is asked for. */
static bool is_modelled(bool tso)
{
	return !options.model[0] || !strcmp(options.model, tso ? "tso" : "sc");
}

/* Explore what is chosen in one model; @done: how many were before. */
static bool explore_all(const char *names, bool tso, u32 *done)
{
	bool right = true;

	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++) {
		bool as_it_must;

		if (!is_chosen(s, names))
			continue;
		as_it_must = explore(s, tso);
		pr_plain("%s %u explore_%s_%s\n", as_it_must ? "ok" : "not ok", ++*done, s->name,
			 tso ? "tso" : "sc");
		right &= as_it_must;
	}
	return right;
}

static enum verdict explore_run(const char *names, u64 seed)
{
	bool right = true;
	u32 n = 0, done = 0;

	if (!insn_init()) {
		pr_plain(
			"explore: this kernel has no table of its instructions: use make explore\n");
		return VERDICT_USAGE;
	}
	search_limit((u32)options.bound, seed);
	spin_max_looks = 0; // Each look more multiplies the states, and shows nothing new.
	if (!stage_init() || !search_init(MAX_STATES)) {
		pr_plain("explore: too little memory: give more, as in MEM=512M\n");
		return VERDICT_FAIL;
	}
	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++) {
		if (is_chosen(s, names) && options.replay[0])
			return replay(s, !is_modelled(false), options.replay);
		n += is_chosen(s, names);
	}
	pr_plain("KTAP version 1\n1..%u\n", n * (is_modelled(false) + is_modelled(true)));
	for (int tso = 0; tso <= 1; tso++) {
		if (is_modelled(tso))
			right &= explore_all(names, tso, &done);
	}
	return right ? VERDICT_PASS : VERDICT_FAIL;
}

MODE(explore, .noun = "scenario", .known = known, .print_names = print_names, .run = explore_run);
