/* memory.c: which memory is shared, and what was written.
 * SPDX-License-Identifier: MIT
 *
 * Two tables. Of words of eight bytes: those that more than one thread uses, and one of them writes. It only grows, and
 * when it does the search begins anew, so in the end it is the same for every state. Of lines: those that
 * were ever written, with what was in them at first. A line that was not written before a state was saved was then
 * as at first: so it may be noted at any time.
 *
 * A ticket lock that is free counts how often it was taken, and nobody ever asks it. States that differ in that alone
 * are taken for one, or each round of a scenario would multiply all states. A word is a ticket lock if 0x10000 is
 * added to it by a locked instruction, and 1 to its lower half; it counts as 0 while its halves are equal and no thread's
 * next step touches it: so nobody waits for it, and nobody has looked at it and is about to act on that.
 */
#include "kernel/explore/memory.h"

#include "kernel/core/panic.h"
#include "lib/string.h"

#define LINE        64UL
#define MAX_LINES   256U
#define WORD_SLOTS  1024U
#define MAX_WORDS   (WORD_SLOTS / 2)
#define LAST_NUMBER (~0UL)

static struct line {
	unsigned long address;
	u8 at_first[LINE];
} lines[MAX_LINES];
static u32 n_lines;

#define MAX_TICKETS  16U
#define TICKET_DRAWN 0x10000U

static struct {
	unsigned long address;
	bool drawn, served; /* it was seen to be */
} tickets[MAX_TICKETS];
static u32 n_tickets;

static unsigned long words[WORD_SLOTS]; /* open addressing; 0: free */
static u32 n_words;

/* ---- Words that are shared ---------------------------------------------------------------------------------- */

static unsigned long *slot_of(unsigned long word)
{
	u32 slot = (u32)(word * 0x9e3779b97f4a7c15ULL >> 40) % WORD_SLOTS;

	while (words[slot] && words[slot] != word)
		slot = (slot + 1) % WORD_SLOTS;
	return &words[slot];
}

bool memory_is_shared(unsigned long address, u32 size)
{
	for (unsigned long word = address & ~7UL; word < address + size; word += 8) {
		if (*slot_of(word))
			return true;
	}
	return false;
}

bool memory_share(unsigned long address, u32 size)
{
	bool new = false;

	for (unsigned long word = address & ~7UL; word < address + size; word += 8) {
		unsigned long *slot = slot_of(word);

		if (*slot)
			continue;
		if (++n_words > MAX_WORDS)
			panic("explore: the threads share more than %u words", MAX_WORDS);
		*slot = word;
		new = true;
	}
	return new;
}

void memory_forget_shared(void)
{
	memset(words, 0, sizeof(words));
	n_words = 0;
	n_tickets = 0;
}

/* ---- Lines that were written ----------------------------------------------------------------------------------- */

static void note_line(unsigned long address)
{
	for (u32 i = 0; i < n_lines; i++) {
		if (lines[i].address == address)
			return;
	}
	if (n_lines == MAX_LINES)
		panic("explore: the threads write to more than %u lines", MAX_LINES);
	lines[n_lines].address = address;
	memcpy(lines[n_lines].at_first, (const void *)address, LINE);
	n_lines++;
}

void memory_note_write(unsigned long address, u32 size)
{
	for (unsigned long line = address & ~(LINE - 1); line < address + size; line += LINE)
		note_line(line);
}

void memory_undo(void)
{
	for (u32 i = 0; i < n_lines; i++)
		memcpy((void *)lines[i].address, lines[i].at_first, LINE);
	n_lines = 0;
}

/* For each line that is not as at first its number and what is in it; then the last number. */
char *memory_save(char *to, size_t room)
{
	const char *end = to + room;
	u64 last = LAST_NUMBER;

	for (u64 i = 0; i < n_lines; i++) {
		if (!memcmp((const void *)lines[i].address, lines[i].at_first, LINE))
			continue;
		if (to + 2 * sizeof(i) + LINE > end)
			panic("explore: a state of more than %zu bytes", room);
		memcpy(to, &i, sizeof(i));
		memcpy(to + sizeof(i), (const void *)lines[i].address, LINE);
		to += sizeof(i) + LINE;
	}
	memcpy(to, &last, sizeof(last));
	return to + sizeof(last);
}

const char *memory_restore(const char *from)
{
	u64 number;

	memcpy(&number, from, sizeof(number));
	from += sizeof(number);
	for (u64 i = 0; i < n_lines; i++) {
		const void *bytes = lines[i].at_first;

		if (i == number)
			bytes = from;
		memcpy((void *)lines[i].address, bytes, LINE);
		if (i == number) {
			memcpy(&number, from + LINE, sizeof(number));
			from += LINE + sizeof(number);
		}
	}
	return from;
}

/* ---- Telling states apart ----------------------------------------------------------------------------------------- */

void memory_note_update(unsigned long address, u32 size, u64 before, u64 after)
{
	bool drawn = size == 4 && (u32)after - (u32)before == TICKET_DRAWN;
	bool served = size == 2 && (u16)after - (u16)before == 1;
	u32 i = 0;

	while (i < n_tickets && tickets[i].address != address)
		i++;
	if (i == n_tickets) {
		if (!drawn || n_tickets == MAX_TICKETS)
			return;
		tickets[n_tickets++].address = address;
		tickets[i].served = false;
	}
	tickets[i].drawn |= drawn;
	tickets[i].served |= served;
}

/* Make 0 the free ticket locks among @bytes, which are those of @line. */
static void settle_tickets(const struct line *line, u8 *bytes,
			   bool (*is_wanted)(unsigned long address))
{
	for (u32 i = 0; i < n_tickets; i++) {
		unsigned long at = tickets[i].address - line->address;
		u32 word;

		if (at > LINE - sizeof(word) || !tickets[i].drawn || !tickets[i].served)
			continue;
		memcpy(&word, bytes + at, sizeof(word));
		if ((u16)word == word >> 16 && !is_wanted(tickets[i].address))
			memset(bytes + at, 0, sizeof(word));
	}
}

u64 memory_mix(u64 hash, const void *at, size_t size)
{
	const u64 *from = at;

	for (size_t i = 0; i < size / sizeof(*from); i++) {
		hash = (hash ^ from[i]) * 0xbf58476d1ce4e5b9ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

u64 memory_hash(u64 hash, bool (*is_wanted)(unsigned long address))
{
	for (u64 i = 0; i < n_lines; i++) {
		u8 now[LINE] __aligned(8), first[LINE] __aligned(8);

		memcpy(now, (const void *)lines[i].address, LINE);
		memcpy(first, lines[i].at_first, LINE);
		settle_tickets(&lines[i], now, is_wanted);
		settle_tickets(&lines[i], first, is_wanted);
		if (memcmp(now, first, LINE)) {
			hash = memory_mix(hash, &lines[i].address, sizeof(lines[i].address));
			hash = memory_mix(hash, now, LINE);
		}
	}
	return hash;
}
