/* memory.h: which memory is shared, and what was written. Internal to the explorer's stage.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * memory_is_shared - one of the bytes is in a word that is shared. memory_share - they all are from now on; returns
 *   whether that is new. memory_forget_shared - nothing is.
 * memory_note_write - these bytes are about to be written. memory_undo - all that was written is as at first, and
 *   nothing is noted.
 * memory_save - what is not as at first, in bytes, to @to, which is followed by @room bytes. memory_restore - make all
 *   as it was saved. Return the end.
 * memory_note_update - an instruction made @after of @before at @address: by that ticket locks are known.
 * memory_hash - of what is not as at first, mixed into @hash. @is_wanted: somebody is about to touch that word.
 * memory_mix - of words, mixed into @hash.
 * Never sleep. One CPU, interrupts off. Panic when there is too much.
 */
bool memory_is_shared(unsigned long address, u32 size);
bool memory_share(unsigned long address, u32 size);
void memory_forget_shared(void);
void memory_note_write(unsigned long address, u32 size);
void memory_note_update(unsigned long address, u32 size, u64 before, u64 after);
void memory_undo(void);
u64 memory_mix(u64 hash, const void *words, size_t size);
char *memory_save(char *to, size_t room);
u64 memory_hash(u64 hash, bool (*is_wanted)(unsigned long address));
const char *memory_restore(const char *from);
