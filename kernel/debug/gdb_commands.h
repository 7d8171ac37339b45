/* gdb_commands.h: what the files of the stub share among themselves.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/debugger.h>

#include "kernel/debug/gdb_packet.h"
#include "lib/macros.h"

struct task_struct;

/* The reply that is being made: text, and how much of it there is. */
struct gdb_reply {
	char text[GDB_PACKET_MAX + 1];
	size_t n;
};
void gdb_reply_text(struct gdb_reply *reply, const char *fmt, ...) __printf(2, 3);
void gdb_reply_bytes(struct gdb_reply *reply, const u8 *bytes, size_t n);

/* The errors that gdb is told, as Unix numbers them. */
#define GDB_EINVAL 22
#define GDB_EFAULT 14
#define GDB_ENOSPC 28
#define GDB_ESRCH  3
void gdb_reply_error(struct gdb_reply *reply, unsigned int error);

/* A thread, by the number that gdb knows it by. */
#define GDB_NO_CPU (~0U)
struct gdb_thread {
	unsigned long id;
	const struct task_struct *task; /* NULL: of a CPU that has none yet */
	u32 cpu;                        /* that it runs on, or GDB_NO_CPU */
};

/*
 * gdb_thread_find - the thread with the number @id. gdb_thread_of_cpu - the one that runs there.
 * gdb_threads_list - some of all threads' numbers, from the @first on. Returns how many; 0: there are no more.
 * gdb_thread_describe - what it is, in words.
 */
bool gdb_thread_find(unsigned long id, struct gdb_thread *thread);
unsigned long gdb_thread_of_cpu(u32 cpu);
unsigned int gdb_threads_list(struct gdb_reply *reply, unsigned int first);
void gdb_thread_describe(const struct gdb_thread *thread, char *buf, size_t n);

/*
 * gdb_line.c: gdb_line_send - send @what, until it is acknowledged or the debugger counts as gone. gdb_line_receive - wait for
 *   a packet. gdb_line_interrupted - whether there was a Ctrl-C since this was asked last.
 */
void gdb_line_send(const struct gdb_reply *what);
const char *gdb_line_receive(void);
bool gdb_line_interrupted(void);

/* The commands about memory, registers and breakpoints, each with what follows its letter. */
extern unsigned long gdb_chosen_thread; /* whose registers are meant */
void gdb_read_memory(const char *at, struct gdb_reply *reply);
void gdb_write_memory(const char *at, struct gdb_reply *reply);
void gdb_read_registers(const char *at, struct gdb_reply *reply);
void gdb_write_registers(const char *at, struct gdb_reply *reply);
void gdb_read_register(const char *at, struct gdb_reply *reply);
void gdb_write_register(const char *at, struct gdb_reply *reply);
void gdb_set_break(const char *at, struct gdb_reply *reply);
void gdb_clear_break(const char *at, struct gdb_reply *reply);
void gdb_read_description(const char *at, struct gdb_reply *reply);
