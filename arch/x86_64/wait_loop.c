/* wait_loop.c: the few instructions that a compiler makes of a loop that only looks.
 * SPDX-License-Identifier: MIT
 */
#include <arch/wait_loop.h>

#define LOOP_MAX 64 /* bytes */

/* The length of a ModRM byte with what follows it. */
static size_t modrm_length(const u8 *at)
{
	u8 mod = *at >> 6, rm = *at & 7;
	size_t n = mod == 1 ? 2 : mod == 2 ? 5 : 1;

	if (mod == 3)
		return 1;
	if (rm == 4)
		return n + 1 + (!mod && (at[1] & 7) == 5 ? 4 : 0);
	return n + (!mod && rm == 5 ? 4 : 0);
}

/* The same if it names the operation @which of a group, else 0; and @more bytes. */
static size_t group_length(const u8 *at, u8 which, size_t more)
{
	return (*at >> 3 & 7) == which ? modrm_length(at) + more : 0;
}

/* What follows the opcode 0f. Returns the length behind it, or 0. */
static size_t two_byte_length(const u8 *at, long *jump)
{
	switch (*at) {
	case 0x80 ... 0x8f: // jcc
		*jump = *(const s32 *)(at + 1) + 5;
		return 5;
	case 0xb6: // movzx, movsx
	case 0xb7:
	case 0xbe:
	case 0xbf:
	case 0x1f: // nop
	case 0xa3: // bt
		return 1 + modrm_length(at + 1);
	case 0xba: // bt with a number: 4 of its group
		return group_length(at + 1, 4, 1) ? 1 + group_length(at + 1, 4, 1) : 0;
	default:
		return 0;
	}
}

/* The length of what follows the prefixes, and how far it jumps from its own opcode; 0: it is not known, or may write. */
static size_t opcode_length(const u8 *at, long *jump)
{
	size_t n;

	switch (*at) {
	case 0x90: // nop, pause
		return 1;
	case 0x70 ... 0x7f: // jcc, jmp
	case 0xeb:
		*jump = (s8)at[1] + 2;
		return 2;
	case 0x38 ... 0x3b: // cmp
	case 0x84:          // test
	case 0x85:
	case 0x8a: // mov from memory
	case 0x8b:
	case 0x63:
		return 1 + modrm_length(at + 1);
	case 0x80: // cmp with a number: 7 of its group
	case 0x83:
		n = group_length(at + 1, 7, 1);
		return n ? 1 + n : 0;
	case 0x81:
		n = group_length(at + 1, 7, 4);
		return n ? 1 + n : 0;
	case 0xf6: // test with a number: 0 of its group
		n = group_length(at + 1, 0, 1);
		return n ? 1 + n : 0;
	case 0xa8:
		return 2;
	case 0x0f:
		n = two_byte_length(at + 1, jump);
		*jump += *jump ? 1 : 0;
		return n ? 1 + n : 0;
	default:
		return 0;
	}
}

static size_t length_of(const u8 *at, long *jump)
{
	size_t prefixes = *at == 0xf3 && at[1] == 0x90 ? 1 : (*at & 0xf0) == 0x40 ? 1 : 0;
	size_t n = opcode_length(at + prefixes, jump);

	*jump += *jump ? (long)prefixes : 0;
	return n ? prefixes + n : 0;
}

bool is_wait_loop(const u8 *low, const u8 *high)
{
	const u8 *at = low;

	while (high - low < LOOP_MAX && at - low < LOOP_MAX) {
		long jump = 0;
		size_t n = length_of(at, &jump);

		if (!n)
			return false;
		if (at < high || jump >= 0)
			at += n;
		else if (at + jump >= low)
			return at + jump <= high;
		else
			at = low = at + jump; // It begins before where it was found.
	}
	return false;
}
