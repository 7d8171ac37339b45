/* gdb_packet.c: packets of gdb's remote serial protocol.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/debug/gdb_packet.h"

#define INTERRUPT  0x03
#define SUM_DIGITS 2

static const char digits[] = "0123456789abcdef";

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static u8 sum_of(const char *text, size_t n)
{
	u8 sum = 0;

	while (n-- > 0)
		sum = (u8)(sum + (u8)*text++);
	return sum;
}

static void begin(struct gdb_receiver *receiver)
{
	receiver->n = 0;
	receiver->left = 0;
	receiver->given = 0;
	receiver->too_long = false;
	receiver->inside = true;
}

static enum gdb_received outside(struct gdb_receiver *receiver, u8 byte)
{
	switch (byte) {
	case '$':
		begin(receiver);
		return GDB_NOTHING;
	case '+':
		return GDB_ACK;
	case '-':
		return GDB_NAK;
	case INTERRUPT:
		return GDB_INTERRUPT;
	default:
		return GDB_NOTHING; // noise on the line
	}
}

/* A digit of the sum. A character that is none makes a sum that fits nothing. */
static enum gdb_received sum_digit(struct gdb_receiver *receiver, u8 byte)
{
	int value = digit_value((char)byte);

	if (value < 0)
		receiver->too_long = true;
	receiver->given = (u8)(receiver->given << 4 | (value & 0xf));
	if (--receiver->left > 0)
		return GDB_NOTHING;
	receiver->inside = false;
	receiver->text[receiver->n] = 0;
	if (receiver->too_long || receiver->given != sum_of(receiver->text, receiver->n))
		return GDB_BROKEN;
	return GDB_PACKET;
}

enum gdb_received gdb_receive(struct gdb_receiver *receiver, u8 byte)
{
	if (!receiver->inside)
		return outside(receiver, byte);
	if (receiver->left)
		return sum_digit(receiver, byte);
	if (byte == '$')
		begin(receiver); // the end of the one before was lost
	else if (byte == '#')
		receiver->left = SUM_DIGITS;
	else if (receiver->n < GDB_PACKET_MAX)
		receiver->text[receiver->n++] = (char)byte;
	else
		receiver->too_long = true;
	return GDB_NOTHING;
}

void gdb_send(void (*put)(u8 byte), const char *text, size_t n)
{
	u8 sum = sum_of(text, n);

	put('$');
	for (size_t i = 0; i < n; i++)
		put((u8)text[i]);
	put('#');
	put((u8)digits[sum >> 4]);
	put((u8)digits[sum & 0xf]);
}

bool gdb_number(const char **at, u64 *value)
{
	const char *next = *at;
	u64 number = 0;

	for (; digit_value(*next) >= 0; next++) {
		if (number >> 60)
			return false;
		number = number << 4 | (u64)digit_value(*next);
	}
	if (next == *at)
		return false;
	*at = next;
	*value = number;
	return true;
}

bool gdb_signed_number(const char **at, u64 *value)
{
	const char *next = *at;
	bool negative = gdb_skip(&next, "-");

	if (!gdb_number(&next, value))
		return false;
	if (negative)
		*value = 0 - *value;
	*at = next;
	return true;
}

bool gdb_skip(const char **at, const char *word)
{
	const char *next = *at;

	while (*word) {
		if (*next++ != *word++)
			return false;
	}
	*at = next;
	return true;
}

bool gdb_bytes(const char **at, u8 *bytes, size_t n)
{
	const char *next = *at;

	for (size_t i = 0; i < n; i++) {
		int high = digit_value(*next);
		int low = high < 0 ? -1 : digit_value(next[1]);

		if (low < 0)
			return false;
		bytes[i] = (u8)(high << 4 | low);
		next += 2;
	}
	*at = next;
	return true;
}

char *gdb_put_bytes(char *to, const u8 *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 0xf];
	}
	return to;
}
