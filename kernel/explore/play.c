/* play.c: mode=play: whoever sits at the serial line is the scheduler.
 * SPDX-License-Identifier: MIT
 *
 * A line is a choice: 1, 2, ... have that thread take its next step, f1, f2, ... make the oldest store in its buffer
 * visible, i1, i2, ... let its CPU take an interrupt, if the scenario has a handler; u undoes the last step, r begins anew, h asks for a hint, q ends. The choices so far are kept, and
 * after each the scenario is set up anew and all are taken again: so undoing is forgetting the last one. A hint is the
 * first step of the way to something wrong that the search finds from here on.
 *
 * What is printed for each choice is for tools/play.py, which adds the code, and can be read as it is.
 */
#include <arch/console.h>
#include <arch/insn.h>

#include "kernel/core/printk.h"
#include "kernel/debug/symbols.h"
#include "kernel/explore/object.h"
#include "kernel/explore/report.h"
#include "kernel/explore/run.h"
#include "kernel/explore/thread.h"
#include "kernel/mode.h"
#include "kernel/options.h"
#include "kernel/sched/sched.h"
#include "lib/string.h"

/* ---- The serial line ------------------------------------------------------------------------------------------ */

#define TYPED_MAX 64U

/* Written by the interrupt, [0, typed) is read by the player after it. What does not fit is dropped. */
static char typed[TYPED_MAX];
static u32 n_typed, n_read;

static void receive(int c)
{
	u32 n = READ_ONCE(n_typed);

	if (n - READ_ONCE(n_read) < TYPED_MAX) {
		typed[n % TYPED_MAX] = (char)c;
		smp_store_release(&n_typed, n + 1); // [A] pairs with [B] in next_char()
	}
}

static char next_char(void)
{
	char c;

	while (smp_load_acquire(&n_typed) == n_read) // [B] pairs with [A] in receive()
		msleep(5);
	c = typed[n_read % TYPED_MAX];
	WRITE_ONCE(n_read, n_read + 1);
	return c;
}

/* A line without its end; of a long one the beginning. */
static void read_line(char *line, u32 size)
{
	u32 n = 0;
	char c;

	while (c = next_char(), c != '\n' && c != '\r') {
		if (n < size - 1)
			line[n++] = c;
	}
	line[n] = '\0';
}

/* ---- The state ------------------------------------------------------------------------------------------------ */

static const struct scenario *scenario;
static bool tso;
static u8 path[SEARCH_PATH_MAX];
static u32 length;

static const char *status_of(u32 t)
{
	const struct vthread_state *state = &stage_threads[t].state;

	if (state->done)
		return "ended";
	if (stage_enabled(t))
		return "ready";
	if (state->asleep)
		return "sleeps";
	return state->spins ? "spins" : "waits-for-its-stores";
}

static void print_thread(u32 t)
{
	const struct vthread_state *state = &stage_threads[t].state;
	const struct op *op = stage_next(t);

	pr_plain("thread %u %s rip=0x%lx address=0x%lx size=%u how=%u half=%u model=%s at %pS\n", t,
		 status_of(t), op->rip, object_of(op->address), op->size, op->how,
		 state->halfway                      ? 2 :
		 op->how == (INSN_READ | INSN_WRITE) ? 1 :
						       0,
		 op->model ?: "-", (void *)op->rip);
	for (u32 i = 0; i < state->n_stores; i++)
		pr_plain("store %u address=0x%llx size=%llu value=%llx\n", t,
			 (unsigned long long)state->stores[i].address,
			 (unsigned long long)state->stores[i].size,
			 (unsigned long long)state->stores[i].value);
}

static void print_state(enum outcome outcome)
{
	const struct watched *watch = report_watch(scenario);
	bool any = false;

	for (u32 i = 0; watch[i].name; i++)
		pr_plain("datum %s %llx\n", watch[i].name,
			 (unsigned long long)report_value(&watch[i]));
	for (u32 t = 0; t < stage_n_threads && outcome == STEP_OK; t++) {
		print_thread(t);
		any |= !stage_threads[t].state.done || stage_threads[t].state.n_stores;
	}
	if (outcome == STEP_OK)
		outcome = stage_end();
	if (outcome != STEP_OK) {
		pr_plain("wrong: %s: %s\n", report_fault(stage_failure()->fault),
			 stage_failure()->text);
		report_token(scenario, path, length);
	} else if (!any) {
		pr_plain("all have ended, and nothing is wrong\n");
	}
}

static enum outcome try_all(void)
{
	enum outcome outcome = stage_begin(scenario, tso);

	for (u32 i = 0; i < length && outcome == STEP_OK; i++)
		outcome = i == length - 1 ? report_step(scenario, i, path[i]) : stage_step(path[i]);
	return outcome;
}

/*
 * Take all steps that were chosen; returns the last one's outcome. The last is printed. A search that has found something
 * wrong has not seen all that is shared, and what is a step depends on that: when a choice leads to more of
 * it, those before mean something else.
 */
static enum outcome take_all(void)
{
	enum outcome outcome;

	while ((outcome = try_all()) == STEP_RESTART) {
		if (length)
			pr_plain(
				"explore: more is shared than was known, so steps are smaller now: begin anew\n");
		length = 0;
	}
	return outcome;
}

/* ---- The choices ---------------------------------------------------------------------------------------------- */

static const char *const letters[DEEDS] = {
	[DEED_STEP] = "",
	[DEED_FLUSH] = "f",
	[DEED_INTERRUPT] = "i",
};

/* The actor that @line names, or one that there is none of. */
static u32 actor_of(const char *line)
{
	enum deed deed = line[0] == 'f' ? DEED_FLUSH : line[0] == 'i' ? DEED_INTERRUPT : DEED_STEP;
	u32 first = deed * stage_n_threads;
	const char *digit = line + strlen(letters[deed]);

	if (*digit < '1' || *digit >= '1' + (char)stage_n_threads || digit[1])
		return ~0U;
	return first + (u32)(*digit - '1');
}

static void choose(const char *line)
{
	u32 actor = actor_of(line);
	enum outcome outcome;
	bool can;

	stage_enter();
	outcome = take_all();
	can = outcome == STEP_OK && actor < stage_actors() && stage_enabled(actor);
	stage_leave();
	if (actor >= stage_actors())
		pr_plain("refused %s: give a number from 1 to %u%s%s, u, r, h or q\n", line,
			 stage_n_threads, tso ? ", f1 and so on" : "",
			 scenario->interrupt ? ", i1 and so on" : "");
	else if (outcome != STEP_OK)
		pr_plain("refused %s: it is wrong already; undo with u\n", line);
	else if (!can)
		pr_plain("refused %s: it cannot take a step now\n", line);
	else if (length < SEARCH_PATH_MAX)
		path[length++] = (u8)actor;
}

static void hint(void)
{
	static struct search_result result;

	stage_first_steps(path, length);
	search_run(scenario, tso, &result);
	stage_first_steps(NULL, 0);
	if (result.kind == TOO_MANY)
		pr_plain("hint: there are too many states to say\n");
	else if (result.kind == WRONG && result.failure.fault == FAULT_UNEXPLAINED)
		pr_plain("hint: I cannot say: %s\n", result.failure.text);
	else if (result.kind == EXHAUSTED)
		pr_plain("hint: no bad state is reachable from here\n");
	else if (!result.length)
		pr_plain("hint: nothing can be done any more: %s\n",
			 report_fault(result.failure.fault));
	else
		pr_plain("hint: %s%u, one of %u steps to: %s\n",
			 letters[stage_deed_of(result.path[0])],
			 stage_thread_of(result.path[0]) + 1, result.length,
			 report_fault(result.failure.fault));
}

static void play(void)
{
	char line[16];
	enum outcome outcome;

	for (;;) {
		stage_enter();
		outcome = take_all();
		print_state(outcome);
		stage_leave();
		pr_plain("choose after %u steps\n", length);
		read_line(line, sizeof(line));
		if (!strcmp(line, "q"))
			return;
		if (!strcmp(line, "u"))
			length -= length > 0;
		else if (!strcmp(line, "r"))
			length = 0;
		else if (!strcmp(line, "h"))
			hint();
		else
			choose(line);
	}
}

static enum verdict play_run(const char *names, u64 seed)
{
	static struct search_result result;
	enum verdict prepared = explore_prepare();

	if (prepared != VERDICT_PASS)
		return prepared;
	for (const struct scenario *s = scenarios_start; s < scenarios_end && !scenario; s++) {
		if (!strcmp(s->name, names))
			scenario = s;
	}
	if (!scenario || console_irq_init(receive)) {
		pr_plain("play: %s\n", scenario ? "the serial line cannot be read" :
						  "give the name of one scenario, as run=counter");
		return VERDICT_USAGE;
	}
	tso = !strcmp(options.model, "tso");
	search_run(scenario, tso, &result); // What is shared shows while all is run.
	pr_plain("play %s threads=%u model=%s: %s\n", scenario->name, scenario->threads,
		 tso ? "tso" : "sc", scenario->about ?: "");
	report_watched(scenario);
	play();
	return VERDICT_PASS;
}

MODE(play, .noun = "scenario", .known = explore_known, .print_names = explore_print_names,
     .run = play_run);
