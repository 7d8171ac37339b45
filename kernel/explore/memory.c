/* memory.c: the words of memory that threads share.
 * SPDX-License-Identifier: MIT
 *
 * Words of eight bytes that more than one thread uses, and one of them writes. Their set only grows, and
 * when it does the search begins anew, so in the end it is the same for every state.
 *
 * A ticket lock that is free counts how often it was taken, and nobody ever asks it. States that differ in that alone
 * are taken for one, or each round of a scenario would multiply all states. A word is a ticket lock if 0x10000 is
 * added to it by a locked instruction, and 1 to its lower half; it counts as 0 while its halves are equal, so that nobody
 * waits for it, and no thread's next step touches it: so nobody has looked at it and is about to act on that (state.c).
 * Only in the hash: its value goes on, so that after as many rounds it is the same whatever happened in between.
 */
#include "kernel/explore/memory.h"

#include "kernel/core/panic.h"
#include "lib/string.h"

#define SLOTS (2U * MEMORY_WORDS)

static struct {
	unsigned long address;
	u64 first; /* what was in it when it became shared */
} words[MEMORY_WORDS];
static u32 n_words;
static u16 slots[SLOTS]; /* open addressing: 1 + a word's number; 0: free */

#define MAX_TICKETS  16U
#define TICKET_DRAWN 0x10000U

static struct ticket_word tickets[MAX_TICKETS];
static u32 n_tickets;

/* ---- Words that are shared ---------------------------------------------------------------------------------- */

static u16 *slot_of(unsigned long address)
{
	u32 slot = (u32)(address * 0x9e3779b97f4a7c15ULL >> 40) % SLOTS;

	while (slots[slot] && words[slots[slot] - 1].address != address)
		slot = (slot + 1) % SLOTS;
	return &slots[slot];
}

u32 memory_word(unsigned long address)
{
	u32 slot = *slot_of(address & ~7UL);

	return slot ? slot - 1 : MEMORY_NONE;
}

u32 memory_words(void)
{
	return n_words;
}

u64 *memory_at(u32 word)
{
	return (u64 *)words[word].address;
}

bool memory_is_shared(unsigned long address, u32 size)
{
	for (unsigned long word = address & ~7UL; word < address + size; word += 8) {
		if (memory_word(word) != MEMORY_NONE)
			return true;
	}
	return false;
}

bool memory_share(unsigned long address, u32 size)
{
	bool new = false;

	for (unsigned long word = address & ~7UL; word < address + size; word += 8) {
		u16 *slot = slot_of(word);

		if (*slot)
			continue;
		if (n_words == MEMORY_WORDS)
			panic("explore: the threads share more than %u words", MEMORY_WORDS);
		words[n_words].address = word;
		words[n_words].first = *(const u64 *)word;
		*slot = (u16)++n_words;
		new = true;
	}
	return new;
}

void memory_undo(void)
{
	for (u32 i = 0; i < n_words; i++)
		*memory_at(i) = words[i].first;
}

void memory_forget_shared(void)
{
	memset(slots, 0, sizeof(slots));
	n_words = 0;
	n_tickets = 0;
}

/* ---- Ticket locks -------------------------------------------------------------------------------------------- */

void memory_note_update(unsigned long address, u32 size, u64 before, u64 after)
{
	bool drawn = size == 4 && (u32)after - (u32)before == TICKET_DRAWN;
	bool served = size == 2 && (u16)after - (u16)before == 1;
	u32 word = memory_word(address), shift = (u32)(address & 7) * 8;
	u32 i = 0;

	if (word == MEMORY_NONE)
		return;
	while (i < n_tickets && (tickets[i].word != word || tickets[i].shift != shift))
		i++;
	if (i == n_tickets) {
		if (!drawn || n_tickets == MAX_TICKETS || shift > 32)
			return;
		tickets[n_tickets++] = (struct ticket_word){ .word = word, .shift = shift };
	}
	tickets[i].drawn |= drawn;
	tickets[i].served |= served;
}

u32 memory_tickets(const struct ticket_word **locks)
{
	*locks = tickets;
	return n_tickets;
}
