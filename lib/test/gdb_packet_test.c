/* gdb_packet: what comes over a line, whole, broken and random, and what is sent. */
/* SPDX-License-Identifier: MIT */
// sources: kernel/debug/gdb_packet.c
// flags:
#include "kernel/debug/gdb_packet.h"
#include "lib/rand.h"
#include "lib/test/include/test.h"

static struct gdb_receiver receiver;
static char sent[256];
static size_t n_sent;

static void keep(u8 byte)
{
	sent[n_sent++] = (char)byte;
}

/* The last that the bytes of @text make. */
static enum gdb_received receive(const char *text)
{
	enum gdb_received got = GDB_NOTHING;

	for (; *text; text++)
		got = gdb_receive(&receiver, (u8)*text);
	return got;
}

static void takes_packets(void **state)
{
	assert_int_equal(receive("$OK#9A"), GDB_PACKET);
	assert_string_equal(receiver.text, "OK");
	assert_int_equal(receive("$#00"), GDB_PACKET);
	assert_string_equal(receiver.text, "");
	assert_int_equal(receive("noise$m1000,8#92"), GDB_PACKET);
	assert_string_equal(receiver.text, "m1000,8");
	assert_int_equal(receive("+"), GDB_ACK);
	assert_int_equal(receive("-"), GDB_NAK);
	assert_int_equal(receive("\003"), GDB_INTERRUPT);
}

static void refuses_broken_ones(void **state)
{
	assert_int_equal(receive("$OK#9b"), GDB_BROKEN);
	assert_int_equal(receive("$OK#xy"), GDB_BROKEN);
	assert_int_equal(receive("$m10$OK#9a"), GDB_PACKET); // the end of the first was lost
	assert_string_equal(receiver.text, "OK");
	assert_int_equal(receive("$"), GDB_NOTHING);
	for (u32 i = 0; i <= GDB_PACKET_MAX; i++)
		assert_int_equal(gdb_receive(&receiver, 0), GDB_NOTHING);
	assert_int_equal(receive("#00"), GDB_BROKEN); // one byte too many
	assert_int_equal(receive("$OK#9a"), GDB_PACKET);
}

static void sends_what_it_takes(void **state)
{
	static const char text[] = "T05thread:1f;swbreak:;";

	n_sent = 0;
	gdb_send(keep, text, sizeof(text) - 1);
	sent[n_sent] = 0;
	assert_int_equal(receive(sent), GDB_PACKET);
	assert_string_equal(receiver.text, text);
}

static void reads_numbers(void **state)
{
	const char *at = "1f,ffffffffffffffff;-1x10000000000000000";
	u64 value;

	assert_true(gdb_number(&at, &value));
	assert_true(value == 0x1f);
	assert_false(gdb_number(&at, &value)); // a comma
	assert_true(gdb_skip(&at, ","));
	assert_true(gdb_number(&at, &value));
	assert_true(value == ~0ULL);
	assert_false(gdb_skip(&at, ";+"));
	assert_true(gdb_skip(&at, ";"));
	assert_true(gdb_signed_number(&at, &value));
	assert_true(value == ~0ULL);
	assert_true(gdb_skip(&at, "x"));
	assert_false(gdb_number(&at, &value)); // of 65 bits
	assert_true(*at == '1');
}

static void reads_and_writes_bytes(void **state)
{
	const char *at = "00ff7eA";
	char text[8] = "";
	u8 bytes[4];

	assert_false(gdb_bytes(&at, bytes, 4)); // half a byte
	assert_true(gdb_bytes(&at, bytes, 3));
	assert_true(bytes[0] == 0 && bytes[1] == 0xff && bytes[2] == 0x7e);
	*gdb_put_bytes(text, bytes, 3) = 0;
	assert_string_equal(text, "00ff7e");
}

/* Whatever comes, it stays within its bounds, and takes the next packet. */
static void anything(void **state)
{
	struct rand_state rand;

	rand_seed(&rand, 1);
	for (u32 i = 0; i < 300000; i++) {
		u32 bits = (u32)rand_next(&rand);
		u8 byte = bits & 0x700 ? (u8) "$#+-0fxT\003"[(bits & 0xff) % 9] : (u8)bits;

		gdb_receive(&receiver, byte);
		assert_true(receiver.n <= GDB_PACKET_MAX);
	}
	assert_int_equal(receive("$#00$#00$OK#9a"), GDB_PACKET);
	assert_string_equal(receiver.text, "OK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_packets),          cmocka_unit_test(refuses_broken_ones),
		cmocka_unit_test(sends_what_it_takes),    cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_and_writes_bytes), cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
