/* memory.c: the words of memory that threads share.
 * SPDX-License-Identifier: MIT
 *
 * Words of eight bytes that more than one thread uses, and one of them writes. Their set only grows, and
 * when it does the search begins anew, so in the end it is the same for every state.
 *
 * A ticket lock that is free counts how often it was taken, and nobody ever asks it. States that differ in that alone
 * are taken for one, or each round of a scenario would multiply all states. A word is a ticket lock if 0x10000 is
 * added to it by a locked instruction, and 1 to its lower half, and nothing else is ever done to it: when one is found
 * the search begins anew, to see all that is done to it; a store of
 * another kind to it, now or when it becomes visible, ends that, and the search begins anew again. It counts as 0
 * while its halves are equal, so that nobody waits for it, no thread's next step touches it but to draw or to look at all of
 * it, no store to it is delayed, and nobody is interrupted: so nobody has looked at it and is about to act on that (state.c).
 * Only in the hash: its value goes on, so that after as many rounds it is the same whatever happened in between.
 * What this does not see is code that asks for the number itself, long after the lock was free: that of the lock asks
 * only whether the halves are equal, or for the ticket that it has drawn.
 */
#include "kernel/explore/memory.h"

#include "lib/string.h"

#define SLOTS (2U * MEMORY_WORDS)

static struct {
	unsigned long address;
	u64 first;   /* what was in it when it became shared */
	bool counts; /* it is only ever added to, and nobody asks for it */
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

bool memory_is_all_shared(unsigned long address, u32 size)
{
	for (unsigned long word = address & ~7UL; word < address + size; word += 8) {
		if (memory_word(word) == MEMORY_NONE)
			return false;
	}
	return true;
}

bool memory_share(unsigned long address, u32 size)
{
	for (unsigned long word = address & ~7UL; word < address + size; word += 8) {
		u16 *slot = slot_of(word);

		if (*slot)
			continue;
		if (n_words == MEMORY_WORDS)
			return false;
		words[n_words].address = word;
		words[n_words].first = *(const u64 *)word;
		words[n_words].counts = false;
		*slot = (u16)++n_words;
	}
	return true;
}

bool memory_count(unsigned long address)
{
	if (!memory_share(address, sizeof(u64)))
		return false;
	words[memory_word(address)].counts = true;
	return true;
}

bool memory_counts(u32 word)
{
	return words[word].counts;
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

/* The one that these bytes are a part of, or NULL. Locks do not overlap, or they are none. */
static struct ticket_word *ticket_at(unsigned long address, u32 size)
{
	for (u32 i = 0; i < n_tickets; i++) {
		unsigned long start =
			(unsigned long)memory_at(tickets[i].word) + tickets[i].shift / 8;

		if (address < start + 4 && start < address + size)
			return &tickets[i];
	}
	return NULL;
}

bool memory_note_update(unsigned long address, u32 size, bool locked, u64 before, u64 after)
{
	bool drawn = locked && size == 4 && (u32)after - (u32)before == TICKET_DRAWN;
	bool served = size == 2 && (u16)(after - before) == 1;
	u32 word = memory_word(address), shift = (u32)(address & 7) * 8;
	struct ticket_word *ticket = ticket_at(address, size);
	bool fits = ticket && ticket->word == word && ticket->shift == shift;

	if (word == MEMORY_NONE)
		return true;
	if (!ticket && drawn && shift <= 32 && n_tickets < MAX_TICKETS) {
		tickets[n_tickets++] = (struct ticket_word){ word, shift, .drawn = true };
		return false;
	}
	if (!ticket || ticket->spoiled || before == after)
		return true;
	ticket->drawn |= drawn;
	ticket->served |= served;
	ticket->spoiled = !fits || (!drawn && !served);
	return !ticket->spoiled;
}

bool memory_has_ticket(u32 word)
{
	for (u32 i = 0; i < n_tickets; i++) {
		if (tickets[i].word == word && !tickets[i].spoiled)
			return true;
	}
	return false;
}

u32 memory_tickets(const struct ticket_word **locks)
{
	*locks = tickets;
	return n_tickets;
}
