/* gdb_commands.c: what gdb asks for: memory, registers, breakpoints.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/debug/gdb_commands.h"

#include "kernel/base/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/debug/gdbstub.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define MEMORY_MAX (GDB_PACKET_MAX / 2)

unsigned long gdb_chosen_thread;

static u8 bytes[MEMORY_MAX];
static const struct gdb_threads *threads; /* [I] */

void gdbstub_register_threads(const struct gdb_threads *known)
{
	threads = known;
}

void gdb_reply_text(struct gdb_reply *reply, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	reply->n += (size_t)vscnprintf(reply->text + reply->n, sizeof(reply->text) - reply->n, fmt,
				       args);
	va_end(args);
}

void gdb_reply_bytes(struct gdb_reply *reply, const u8 *from, size_t n)
{
	n = min(n, (GDB_PACKET_MAX - reply->n) / 2);
	reply->n = (size_t)(gdb_put_bytes(reply->text + reply->n, from, n) - reply->text);
}

void gdb_reply_error(struct gdb_reply *reply, unsigned int error)
{
	reply->n = 0;
	gdb_reply_text(reply, "E%02x", error);
}

/* ---- Threads ---- */

/* What a walk of the list of threads may take at most: it may be broken. */
#define WALK_MAX 100000U

/* The numbers of the CPUs' idle threads, which all are 0, and of CPUs before they have one. */
#define IDLE_THREADS 0x40000000UL

static unsigned long id_of(const struct task_struct *task)
{
	return threads->number(task) ?: IDLE_THREADS + threads->home(task);
}

unsigned long gdb_thread_of_cpu(u32 cpu)
{
	const struct task_struct *task = READ_ONCE(cpu_by_id(cpu)->running);

	return task && threads ? id_of(task) : IDLE_THREADS + cpu;
}

/* Those that run are found where they run: the list may be broken. A CPU that has no thread yet counts as one. */
static bool find_running(unsigned long id, struct gdb_thread *thread)
{
	u32 cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		if (gdb_thread_of_cpu(cpu) != id)
			continue;
		*thread = (struct gdb_thread){ id, READ_ONCE(cpu_by_id(cpu)->running), cpu };
		return true;
	}
	return false;
}

bool gdb_thread_find(unsigned long id, struct gdb_thread *thread)
{
	const struct task_struct *task = threads ? threads->next(NULL) : NULL;

	if (find_running(id, thread))
		return true;
	for (u32 n = 0; task && n < WALK_MAX; n++, task = threads->next(task)) {
		if (id_of(task) != id)
			continue;
		*thread = (struct gdb_thread){ id, task, GDB_NO_CPU };
		return true;
	}
	return false;
}

/* Room for a comma and a number. */
static bool add_id(struct gdb_reply *reply, unsigned long id)
{
	if (reply->n + 18 > GDB_PACKET_MAX)
		return false;
	gdb_reply_text(reply, "%s%lx", reply->n > 1 ? "," : "", id);
	return true;
}

static bool runs_now(unsigned long id)
{
	struct gdb_thread thread;

	return find_running(id, &thread);
}

/* Those that run, from the @first on; *@n counts all. The CPU that is here counts, too, which need not be online yet. */
static unsigned int list_running(struct gdb_reply *reply, unsigned int first, unsigned int *n)
{
	unsigned int added = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (!READ_ONCE(cpu_by_id(cpu)->online) && cpu != raw_smp_processor_id())
			continue;
		if ((*n)++ < first)
			continue;
		if (!add_id(reply, gdb_thread_of_cpu(cpu)))
			break;
		added++;
	}
	return added;
}

/* Those that run come first: they are there even if the list of all is broken. */
unsigned int gdb_threads_list(struct gdb_reply *reply, unsigned int first)
{
	const struct task_struct *task = threads ? threads->next(NULL) : NULL;
	unsigned int n = 0, added = list_running(reply, first, &n);

	for (u32 i = 0; task && i < WALK_MAX; i++, task = threads->next(task)) {
		if (runs_now(id_of(task)) || n++ < first)
			continue;
		if (!add_id(reply, id_of(task)))
			break;
		added++;
	}
	return added;
}

void gdb_thread_describe(const struct gdb_thread *thread, char *buf, size_t n)
{
	if (thread->task)
		panic_describe_task(thread->task, buf, n);
	else
		snprintf(buf, n, "cpu%u, which boots", thread->cpu);
}

/* ---- Memory ---- */

/* "ADDRESS,LENGTH" */
static bool read_range(const char **at, u64 *address, u64 *n)
{
	return gdb_number(at, address) && gdb_skip(at, ",") && gdb_number(at, n);
}

void gdb_read_memory(const char *at, struct gdb_reply *reply)
{
	u64 address, n;

	if (!read_range(&at, &address, &n) || n > MEMORY_MAX)
		gdb_reply_error(reply, GDB_EINVAL);
	else if (!debug_read((unsigned long)address, bytes, (size_t)n))
		gdb_reply_error(reply, GDB_EFAULT);
	else
		gdb_reply_bytes(reply, bytes, (size_t)n);
}

void gdb_write_memory(const char *at, struct gdb_reply *reply)
{
	u64 address, n;

	if (!read_range(&at, &address, &n) || n > MEMORY_MAX || !gdb_skip(&at, ":") ||
	    !gdb_bytes(&at, bytes, (size_t)n))
		gdb_reply_error(reply, GDB_EINVAL);
	else if (!debug_write((unsigned long)address, bytes, (size_t)n))
		gdb_reply_error(reply, GDB_EFAULT);
	else
		gdb_reply_text(reply, "OK");
}

/* "TYPE,ADDRESS,KIND" */
static void change_break(const char *at, bool set, struct gdb_reply *reply)
{
	u64 kind, address, size;
	int error;

	if (!gdb_number(&at, &kind) || kind > DEBUG_WATCH_ACCESS || !gdb_skip(&at, ",") ||
	    !read_range(&at, &address, &size)) {
		gdb_reply_error(reply, GDB_EINVAL);
		return;
	}
	error = (set ? debug_break_set : debug_break_clear)((enum debug_kind)kind,
							    (unsigned long)address, (size_t)size);
	if (error)
		gdb_reply_error(reply, error == -ENOSPC ? GDB_ENOSPC : GDB_EINVAL);
	else
		gdb_reply_text(reply, "OK");
}

void gdb_set_break(const char *at, struct gdb_reply *reply)
{
	change_break(at, true, reply);
}

void gdb_clear_break(const char *at, struct gdb_reply *reply)
{
	change_break(at, false, reply);
}

/* ---- Registers ---- */

static bool registers_of(unsigned long id, struct debug_registers *registers)
{
	struct gdb_thread thread;

	if (!gdb_thread_find(id, &thread))
		return false;
	*registers = (struct debug_registers){ 0 };
	if (thread.cpu != GDB_NO_CPU) {
		registers->frame = debugger_frame(thread.cpu);
		registers->cpu_base = (unsigned long)cpu_by_id(thread.cpu);
	} else {
		registers->saved = threads->saved(thread.task);
	}
	return true;
}

static void add_register(const struct debug_registers *registers, u32 n, struct gdb_reply *reply)
{
	u8 value[DEBUG_REGISTER_BYTES];
	size_t size = debug_register_size(n);

	if (debug_register(registers, n, value)) {
		gdb_reply_bytes(reply, value, size);
		return;
	}
	for (size_t i = 0; i < size; i++)
		gdb_reply_text(reply, "xx");
}

void gdb_read_registers(const char *at, struct gdb_reply *reply)
{
	struct debug_registers registers;

	if (!registers_of(gdb_chosen_thread, &registers)) {
		gdb_reply_error(reply, GDB_ESRCH);
		return;
	}
	for (u32 n = 0; n < debug_nr_registers; n++)
		add_register(&registers, n, reply);
}

/* Those that cannot be changed are as they were: all are sent, whichever is meant. */
void gdb_write_registers(const char *at, struct gdb_reply *reply)
{
	struct debug_registers registers;
	u8 value[DEBUG_REGISTER_BYTES];

	if (!registers_of(gdb_chosen_thread, &registers)) {
		gdb_reply_error(reply, GDB_ESRCH);
		return;
	}
	for (u32 n = 0; n < debug_nr_registers; n++) {
		size_t size = debug_register_size(n);

		if (gdb_bytes(&at, value, size)) {
			debug_register_set(&registers, n, value);
			continue;
		}
		for (size_t i = 0; i < 2 * size; i++) {
			if (!gdb_skip(&at, "x"))
				break;
		}
	}
	gdb_reply_text(reply, "OK");
}

void gdb_read_register(const char *at, struct gdb_reply *reply)
{
	struct debug_registers registers;
	u64 n;

	if (!gdb_number(&at, &n) || n >= debug_nr_registers)
		gdb_reply_error(reply, GDB_EINVAL);
	else if (!registers_of(gdb_chosen_thread, &registers))
		gdb_reply_error(reply, GDB_ESRCH);
	else
		add_register(&registers, (u32)n, reply);
}

void gdb_write_register(const char *at, struct gdb_reply *reply)
{
	struct debug_registers registers;
	u8 value[DEBUG_REGISTER_BYTES];
	u64 n;

	if (!gdb_number(&at, &n) || n >= debug_nr_registers || !gdb_skip(&at, "=") ||
	    !gdb_bytes(&at, value, debug_register_size((u32)n)))
		gdb_reply_error(reply, GDB_EINVAL);
	else if (!registers_of(gdb_chosen_thread, &registers) ||
		 !debug_register_set(&registers, (u32)n, value))
		gdb_reply_error(reply, GDB_ESRCH);
	else
		gdb_reply_text(reply, "OK");
}

/* "OFFSET,LENGTH" of the description of the registers: a part of it, and whether it is the last. */
void gdb_read_description(const char *at, struct gdb_reply *reply)
{
	size_t whole = strlen(debug_registers_xml);
	u64 offset, n;

	if (!read_range(&at, &offset, &n) || offset > whole) {
		gdb_reply_error(reply, GDB_EINVAL);
		return;
	}
	n = min_t(u64, n, GDB_PACKET_MAX - 1);
	gdb_reply_text(reply, "%c%.*s", offset + n < whole ? 'm' : 'l', (int)n,
		       debug_registers_xml + offset);
}
