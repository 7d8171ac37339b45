/* step.c: whose exceptions are the explorer's (step_entry.asm).
 * SPDX-License-Identifier: MIT
 */
#include <arch/step.h>

#include "arch/x86_64/traps.h"
#include "lib/macros.h"

extern const char step_entry_0[], step_entry_1[], step_entry_3[], step_entry_6[], step_entry_13[],
	step_entry_14[];

static const struct {
	u32 vector;
	const char *entry;
} entries[] = {
	{ 0, step_entry_0 }, { 1, step_entry_1 },   { 3, step_entry_3 },
	{ 6, step_entry_6 }, { 13, step_entry_13 }, { 14, step_entry_14 },
};

static_assert(offsetof(struct step_regs, rip) == 128 && offsetof(struct step_regs, gs_base) == 144);

void step_begin(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(entries); i++)
		trap_set_entry(entries[i].vector, entries[i].entry);
}

void step_end(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(entries); i++)
		trap_set_entry(entries[i].vector, NULL);
}
