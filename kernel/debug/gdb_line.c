/* gdb_line.c: packets to and from gdb, over the line.
 * SPDX-License-Identifier: MIT
 *
 * Each packet is acknowledged, for a serial line between two machines may lose a byte.
 */
#include <arch/barrier.h>

#include "kernel/debug/gdb_commands.h"
#include "kernel/debug/gdbstub.h"

/* Looks for an acknowledgement, until the debugger counts as gone: seconds. */
#define ACK_PATIENCE 10000000U
#define SEND_TRIES   5

static struct gdb_receiver receiver;
static bool packet_waits; /* in `receiver` */
static bool interrupted;  /* Ctrl-C came while the machine stood */

/* Take what is there. Returns whether that was an answer to what was sent. */
static bool take_byte(enum gdb_received *got)
{
	int byte = debug_line_get();

	*got = GDB_NOTHING;
	if (byte < 0) {
		cpu_relax();
		return false;
	}
	*got = gdb_receive(&receiver, (u8)byte);
	if (*got == GDB_INTERRUPT)
		interrupted = true;
	if (*got == GDB_PACKET || *got == GDB_BROKEN)
		debug_line_put(*got == GDB_PACKET ? '+' : '-');
	if (*got == GDB_PACKET)
		packet_waits = true;
	return *got == GDB_ACK || *got == GDB_NAK || *got == GDB_PACKET;
}

/* A next packet answers, too: its sender has seen this one. */
static enum gdb_received wait_for_answer(void)
{
	enum gdb_received got;

	for (u32 looks = 0; looks < ACK_PATIENCE; looks++) {
		if (take_byte(&got))
			return got;
	}
	return GDB_NOTHING;
}

void gdb_line_send(const struct gdb_reply *what)
{
	for (u32 i = 0; i < SEND_TRIES; i++) {
		gdb_send(debug_line_put, what->text, what->n);
		if (wait_for_answer() != GDB_NAK)
			return;
	}
}

const char *gdb_line_receive(void)
{
	enum gdb_received got;

	while (!packet_waits)
		take_byte(&got);
	packet_waits = false;
	return receiver.text;
}

bool gdbstub_byte(u8 byte)
{
	gdb_receive(&receiver, byte);
	return byte == '$';
}

bool gdb_line_interrupted(void)
{
	bool was = interrupted;

	interrupted = false;
	return was;
}
