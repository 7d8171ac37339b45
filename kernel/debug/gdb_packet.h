/* gdb_packet.h: packets of gdb's remote serial protocol, as bytes on a line: knows nothing of the kernel.
 * SPDX-License-Identifier: MIT
 *
 * A packet is `$`, its text, `#` and two digits: the sum of the text's bytes. Each is answered by `+`, or by `-`
 * for "once more". Ctrl-C is a byte of its own, between packets. (GDB manual, appendix "Remote Protocol".)
 */
#pragma once

#include "lib/types.h"

/* Characters of a packet's text; what gdb is told as PacketSize. */
#define GDB_PACKET_MAX 4096

/* A packet that is being received. */
struct gdb_receiver {
	char text[GDB_PACKET_MAX + 1]; /* ends with a 0 when the packet is there */
	size_t n;
	unsigned int left; /* of what follows `#`: digits to come; 0: not there yet */
	u8 given;          /* the sum, as it was sent */
	bool inside;       /* `$` has come */
	bool too_long;
};

enum gdb_received {
	GDB_NOTHING, /* so far */
	GDB_PACKET,
	GDB_BROKEN, /* a packet whose sum is wrong, or that is too long: ask for it once more */
	GDB_ACK,
	GDB_NAK,
	GDB_INTERRUPT, /* Ctrl-C */
};

/*
 * gdb_receive - take one more byte. Returns what that makes.
 * gdb_send - give @put, byte by byte, the packet of @n bytes of @text.
 * None of these sleeps. Any context.
 */
enum gdb_received gdb_receive(struct gdb_receiver *receiver, u8 byte);
void gdb_send(void (*put)(u8 byte), const char *text, size_t n);

/*
 * gdb_number - read a hexadecimal number at *@at, and go behind it. False: there is none, or it is of over 64 bits.
 * gdb_signed_number - the same with a `-` before it, for "-1"; the value of that is ~0.
 * gdb_skip - go behind @word, if it is at *@at. False: it is not there, and nothing is skipped.
 * gdb_bytes - read @n bytes, two digits each. gdb_put_bytes - write them. The latter returns the place behind.
 */
bool gdb_number(const char **at, u64 *value);
bool gdb_signed_number(const char **at, u64 *value);
bool gdb_skip(const char **at, const char *word);
bool gdb_bytes(const char **at, u8 *bytes, size_t n);
char *gdb_put_bytes(char *to, const u8 *bytes, size_t n);
