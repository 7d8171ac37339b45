/* gdbstub.c: the kernel's end of gdb's remote serial protocol: who says what, and when.
 * SPDX-License-Identifier: MIT
 *
 * gdb asks, and the stub answers, while the machine stands (arch/debugger.h). Then gdb says who is to run, and waits
 * for the news that the machine stands again. gdb's threads are the kernel's. A thread that runs is stepped where it
 * is; one that does not cannot be, for nothing but the scheduler makes it run.
 * It does not: speak of more than one program, look into files, or run without acknowledgements.
 */
#include "kernel/debug/gdbstub.h"

#include <arch/cpu.h>

#include "kernel/base/cpu.h"
#include "kernel/debug/gdb_commands.h"
#include "lib/macros.h"
#include "lib/string.h"

/* Of the CPU that has stopped the machine, one at a time. */
static struct gdb_reply reply;
static struct debug_event reason;      /* of the last stop */
static unsigned long stopped_thread;   /* that stopped */
static unsigned long continued_thread; /* that `s` steps */
static unsigned int listed;            /* threads that have been named */
static u32 runs;                       /* who is to run */
static bool awaited;                   /* gdb waits for the news of a stop */
static bool attached;                  /* [a] */

bool gdbstub_is_attached(void)
{
	return READ_ONCE(attached);
}

void gdbstub_tell_exit(unsigned int status)
{
	reply.n = 0;
	gdb_reply_text(&reply, "W%02x", status);
	gdb_line_send(&reply);
	debug_line_drain();
}

/* ---- Why it stands ---- */

static void put_reason(void)
{
	static const char *const names[] = {
		[DEBUG_BREAK] = "swbreak",       [DEBUG_HARD_BREAK] = "hwbreak",
		[DEBUG_WATCH_WRITE] = "watch",   [DEBUG_WATCH_READ] = "rwatch",
		[DEBUG_WATCH_ACCESS] = "awatch",
	};

	gdb_reply_text(&reply, "T%02xthread:%lx;", reason.signal, stopped_thread);
	if (reason.kind <= DEBUG_HARD_BREAK)
		gdb_reply_text(&reply, "%s:;", names[reason.kind]);
	else if (reason.kind <= DEBUG_WATCH_ACCESS)
		gdb_reply_text(&reply, "%s:%lx;", names[reason.kind], reason.address);
}

/* A line that gdb prints. It takes one while it waits for news. */
static void tell_message(const char *message)
{
	reply.n = 0;
	gdb_reply_text(&reply, "O");
	gdb_reply_bytes(&reply, (const u8 *)"panic: ", 7);
	gdb_reply_bytes(&reply, (const u8 *)message, strlen(message));
	gdb_reply_bytes(&reply, (const u8 *)"\n", 1);
	gdb_line_send(&reply);
}

static void tell_news(const struct debug_event *event)
{
	reason = *event;
	stopped_thread = gdb_thread_of_cpu(raw_smp_processor_id());
	gdb_chosen_thread = continued_thread = stopped_thread;
	if (awaited && event->kind != DEBUG_QUIET) {
		if (event->message)
			tell_message(event->message);
		reply.n = 0;
		put_reason();
		gdb_line_send(&reply);
	}
	awaited = false;
}

/* ---- Going on ---- */

/* Whether the machine is to go on; else the reply is made. */
static bool go_on(void)
{
	if (gdb_line_interrupted()) { // it was meant to stop at once
		reason = (struct debug_event){ DEBUG_SIGINT, DEBUG_OTHER, 0, NULL };
		put_reason();
		return false;
	}
	awaited = true;
	return true;
}

/* The CPU of a thread that runs, and was stopped. */
static bool cpu_of(unsigned long id, u32 *cpu)
{
	struct gdb_thread thread;

	if (!gdb_thread_find(id, &thread) || thread.cpu == GDB_NO_CPU ||
	    !debugger_frame(thread.cpu))
		return false;
	*cpu = thread.cpu;
	return true;
}

/* @cpu makes a step. One that is made already has led to where it stands. */
static bool step(u32 cpu)
{
	if (!go_on())
		return false;
	if (debugger_step(cpu))
		return true;
	awaited = false;
	reason = (struct debug_event){ DEBUG_SIGTRAP, DEBUG_OTHER, 0, NULL };
	put_reason();
	return false;
}

/* `c` and `C`, `s` and `S`, of old: a signal means nothing to a kernel. */
static bool continue_all(const char *at)
{
	runs = DEBUG_ALL_CPUS;
	return go_on();
}

static bool step_one(const char *at)
{
	if (cpu_of(continued_thread, &runs))
		return step(runs);
	gdb_reply_error(&reply, GDB_ESRCH);
	return false;
}

/* One action of vCont: its letter, a signal perhaps, and the thread it is for; 0: all that no action before it was for. */
static bool read_action(const char **at, bool *steps, u64 *id)
{
	u64 signal;
	char c = **at;

	if (!gdb_skip(at, "c") && !gdb_skip(at, "s") && !gdb_skip(at, "C") && !gdb_skip(at, "S"))
		return false;
	*steps = c == 's' || c == 'S';
	if ((c == 'C' || c == 'S') && !gdb_number(at, &signal))
		return false;
	*id = 0;
	if (gdb_skip(at, ":") && !gdb_signed_number(at, id))
		return false;
	if (*id == ~0ULL)
		*id = 0;
	return true;
}

/* "vCont;s:1;c" steps thread 1 while all others run; without the second action they stand still. */
static bool continue_some(const char *at)
{
	u32 cpu = DEBUG_ALL_CPUS, stepped = DEBUG_ALL_CPUS;
	bool all = false, steps;
	u64 id;

	while (gdb_skip(&at, ";")) {
		if (!read_action(&at, &steps, &id)) {
			gdb_reply_error(&reply, GDB_EINVAL);
			return false;
		}
		all |= !id && !steps;
		if ((id || steps) && !cpu_of(id ? (unsigned long)id : stopped_thread, &cpu)) {
			gdb_reply_error(&reply, GDB_ESRCH);
			return false;
		}
		if (steps)
			stepped = cpu;
	}
	runs = all ? DEBUG_ALL_CPUS : cpu;
	return stepped == DEBUG_ALL_CPUS ? go_on() : step(stepped);
}

static bool detach(const char *at)
{
	debug_break_clear_all();
	gdb_reply_text(&reply, "OK");
	gdb_line_send(&reply);
	WRITE_ONCE(attached, false);
	gdb_line_interrupted();
	runs = DEBUG_ALL_CPUS;
	return true;
}

static bool kill(const char *at)
{
	machine_exit(VERDICT_FAIL);
}

/* ---- Questions ---- */

static void why(const char *at, struct gdb_reply *answer)
{
	put_reason(); // in `reply`, which is it
}

/* The thread of which @at says the number; none, and all, mean the one that stopped. */
static bool read_thread(const char *at, struct gdb_thread *thread)
{
	u64 id;

	if (!gdb_signed_number(&at, &id))
		return false;
	return gdb_thread_find(id && id != ~0ULL ? (unsigned long)id : stopped_thread, thread);
}

static void choose_thread(const char *at, struct gdb_reply *answer)
{
	bool to_continue = gdb_skip(&at, "c");
	struct gdb_thread thread;

	if (!to_continue && !gdb_skip(&at, "g"))
		return; // it is not known
	if (!read_thread(at, &thread)) {
		gdb_reply_error(answer, GDB_ESRCH);
	}
	*(to_continue ? &continued_thread : &gdb_chosen_thread) = thread.id;
	gdb_reply_text(answer, "OK");
}

static void is_alive(const char *at, struct gdb_reply *answer)
{
	struct gdb_thread thread;

	if (read_thread(at, &thread))
		gdb_reply_text(answer, "OK");
	else
		gdb_reply_error(answer, GDB_ESRCH);
}

static void describe_thread(const char *at, struct gdb_reply *answer)
{
	struct gdb_thread thread;
	char text[128];

	if (!read_thread(at, &thread)) {
		gdb_reply_error(answer, GDB_ESRCH);
	}
	gdb_thread_describe(&thread, text, sizeof(text));
	gdb_reply_bytes(answer, (const u8 *)text, strlen(text));
}

static void more_threads(const char *at, struct gdb_reply *answer)
{
	unsigned int n;

	gdb_reply_text(answer, "m");
	n = gdb_threads_list(answer, listed);
	listed += n;
	if (n == 0)
		answer->text[0] = 'l';
}

static void first_threads(const char *at, struct gdb_reply *answer)
{
	listed = 0;
	more_threads(at, answer);
}

static void current_thread(const char *at, struct gdb_reply *answer)
{
	gdb_reply_text(answer, "QC%lx", stopped_thread);
}

static void was_there(const char *at, struct gdb_reply *answer)
{
	gdb_reply_text(answer, "1"); // so gdb leaves by D, and the machine goes on
}

static void abilities(const char *at, struct gdb_reply *answer)
{
	gdb_reply_text(answer,
		       "PacketSize=%x;qXfer:features:read+;vContSupported+;swbreak+;hwbreak+",
		       GDB_PACKET_MAX);
}

static void continue_how(const char *at, struct gdb_reply *answer)
{
	gdb_reply_text(answer, "vCont;c;C;s;S");
}

/* What has an answer, and what has the machine go on: by what a packet begins with. */
static const struct {
	const char *begin;
	void (*answer)(const char *at, struct gdb_reply *answer);
	bool (*go)(const char *at);
} commands[] = {
	{ "?", why, NULL },
	{ "m", gdb_read_memory, NULL },
	{ "M", gdb_write_memory, NULL },
	{ "g", gdb_read_registers, NULL },
	{ "G", gdb_write_registers, NULL },
	{ "p", gdb_read_register, NULL },
	{ "P", gdb_write_register, NULL },
	{ "Z", gdb_set_break, NULL },
	{ "z", gdb_clear_break, NULL },
	{ "H", choose_thread, NULL },
	{ "T", is_alive, NULL },
	{ "vCont?", continue_how, NULL },
	{ "vCont", NULL, continue_some },
	{ "c", NULL, continue_all },
	{ "C", NULL, continue_all },
	{ "s", NULL, step_one },
	{ "S", NULL, step_one },
	{ "D", NULL, detach },
	{ "k", NULL, kill },
	{ "qSupported", abilities, NULL },
	{ "qXfer:features:read:target.xml:", gdb_read_description, NULL },
	{ "qfThreadInfo", first_threads, NULL },
	{ "qsThreadInfo", more_threads, NULL },
	{ "qThreadExtraInfo,", describe_thread, NULL },
	{ "qAttached", was_there, NULL },
	{ "qC", current_thread, NULL },
};

/* Returns whether the machine goes on. To what is not known the answer is empty. */
static bool serve(const char *packet)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!gdb_skip(&packet, commands[i].begin))
			continue;
		if (commands[i].go)
			return commands[i].go(packet);
		commands[i].answer(packet, &reply);
		break;
	}
	return false;
}

u32 gdbstub_talk(const struct debug_event *event)
{
	tell_news(event);
	for (;;) {
		const char *packet = gdb_line_receive();

		WRITE_ONCE(attached, true);
		reply.n = 0;
		if (serve(packet))
			return runs;
		gdb_line_send(&reply);
	}
}
