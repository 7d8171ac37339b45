/* memory.h: the words of memory that threads share. Internal to the explorer's stage.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

#define MEMORY_WORDS 512 /* at most */
#define MEMORY_NONE  (~0U)

/*
 * memory_is_shared - one of the bytes is in a word that is shared; memory_is_all_shared - each of them is.
 * memory_share - they all are from now on; returns false if there are too many. memory_forget_shared - nothing is.
 * memory_words - how many words are shared; each has a number, in the order in which they were shared. memory_word -
 *   the number of the one that the byte at @address is in, or MEMORY_NONE. memory_at - where it is.
 * memory_count - the word at @address is shared, and only ever added to: what is written to it is forgotten. Returns false if
 *   there are too many. memory_counts - it is such a word.
 * memory_undo - all shared words are as they were when they were shared first.
 * memory_note_update - an instruction, a @locked one, or a store that becomes visible made @after of @before at @address:
 *   by that ticket locks are known. Returns false if all is to begin anew: it is one, or is none after all.
 * memory_has_ticket - a ticket lock may be in word number @word.
 * memory_tickets - what is known or may be found to be a ticket lock; returns how many.
 * Never sleep. One CPU, interrupts off.
 */
bool memory_is_shared(unsigned long address, u32 size);
bool memory_is_all_shared(unsigned long address, u32 size);
bool memory_share(unsigned long address, u32 size);
void memory_forget_shared(void);
u32 memory_words(void);
u32 memory_word(unsigned long address);
u64 *memory_at(u32 word);
bool memory_count(unsigned long address);
bool memory_counts(u32 word);
void memory_undo(void);
bool memory_note_update(unsigned long address, u32 size, bool locked, u64 before, u64 after);

/* A ticket lock: the half of a shared word that it is in. */
struct ticket_word {
	u32 word;
	u32 shift;
	bool drawn, served; /* it was seen to be */
	bool spoiled;       /* and something else was done to it: it is none */
};
bool memory_has_ticket(u32 word);
u32 memory_tickets(const struct ticket_word **locks);
