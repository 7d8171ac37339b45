/* handover.c: another kernel takes this one's place.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Physical = virtual, and each kernel is linked to begin at 1 MiB: the other one's segments go where this one's
 *   are. So what copies them stands in low memory, in the trampoline's page (boot/trampoline.asm), and what it needs to
 *   know in the page behind that: which bytes go where, and the information that a multiboot2 loader leaves, written
 *   anew from what this kernel was told. The module itself lies where the loader put it, in memory that is nobody's;
 *   it stays as it is, so the way back is the same.
 *
 *   The other CPUs halt in the same page, are reset, and wait for whoever starts them. The reset is a message: it
 *   takes its time, hence a wait before memory changes under a CPU that has not got it.
 */
#include <arch/handover.h>

#include <arch/apic.h>
#include <arch/clock.h>
#include <arch/console.h>
#include <arch/layout.h>
#include <arch/paging.h>

#include "arch/x86_64/elf.h"
#include "arch/x86_64/multiboot.h"
#include "arch/x86_64/smp_slots.h"
#include "kernel/core/memory_map.h"
#include "kernel/core/timer.h"
#include "lib/format.h"
#include "lib/string.h"

#define PIECES_MAX 14
#define RESET_NS   (10 * NSEC_PER_MSEC)

/* At HANDOVER_ADDRESS. */
struct handover {
	u32 entry, reserved;
	struct piece {
		u32 to, from, bytes;
		u32 zeros;        /* behind these */
	} pieces[PIECES_MAX + 1]; /* ended by one that goes to 0 */
};
static_assert(offsetof(struct handover, entry) == HANDOVER_ENTRY);
static_assert(offsetof(struct handover, pieces) == HANDOVER_PIECES);
static_assert(sizeof(struct piece) == HANDOVER_PIECE_SIZE);
static_assert(HANDOVER_ADDRESS + sizeof(struct handover) <= HANDOVER_INFO);

/* From boot/trampoline.asm. */
extern const char trampoline_start[], handover_start[], handover_park[];

static void __noreturn go_to(const char *label)
{
	void (*there)(void) =
		(void (*)(void))(TRAMPOLINE_ADDRESS + (u64)(label - trampoline_start));

	there();
	unreachable();
}

/* ---- The module ----------------------------------------------------------------------------------------------- */

static const struct boot_module *find_module(const char *name)
{
	const struct boot_info *boot = machine_loaded();
	size_t n = strlen(name);

	for (u32 i = 0; i < boot->n_modules; i++) {
		const char *words = boot->modules[i].words;

		if (!strncmp(words, name, n) && (words[n] == ' ' || !words[n]))
			return &boot->modules[i];
	}
	return NULL;
}

/* Its file, or NULL: it is none that we can start. */
static const struct elf_header *file_of(const struct boot_module *module)
{
	return elf_check((const void *)module->start, module->end - module->start) ?
		       (const void *)module->start :
		       NULL;
}

const void *handover_section(const char *module, const char *section, size_t *size)
{
	const struct boot_module *found = find_module(module);
	const struct elf_header *file = found ? file_of(found) : NULL;

	return file ? elf_section(file, found->end - found->start, section, size) : NULL;
}

/* ---- What goes where ------------------------------------------------------------------------------------------ */

/* Whether [@from, @end) is RAM in which no module lies. */
static bool is_free(u64 from, u64 end)
{
	static struct memory_range ranges[MEMORY_RANGES_MAX];
	const struct boot_info *boot = machine_loaded();
	struct memory_range holes[BOOT_MODULES_MAX];
	u32 n;

	for (u32 i = 0; i < boot->n_modules; i++)
		holes[i] = (struct memory_range){ boot->modules[i].start, boot->modules[i].end };
	n = memory_map_build(boot, holes, boot->n_modules, ranges);
	for (u32 i = 0; i < n; i++) {
		if (ranges[i].start <= from && end <= ranges[i].end)
			return true;
	}
	return false;
}

static const char *plan_pieces(const struct elf_header *file, struct handover *plan)
{
	const struct elf_segment *segment = elf_segments(file);
	u32 n = 0;

	for (u32 i = 0; i < file->n_segments; i++, segment++) {
		if (segment->type != ELF_LOAD || !segment->memory_size)
			continue;
		if (n == PIECES_MAX)
			return "it has too many segments";
		if (!is_free(segment->physical, segment->physical + segment->memory_size))
			return "where it belongs is no free memory";
		plan->pieces[n++] = (struct piece){
			.to = (u32)segment->physical,
			.from = (u32)((u64)file + segment->offset),
			.bytes = (u32)segment->file_size,
			.zeros = (u32)(segment->memory_size - segment->file_size),
		};
	}
	plan->pieces[n] = (struct piece){ 0 };
	plan->entry = (u32)file->entry;
	return n ? NULL : "it has no segments";
}

const char *handover_prepare(const char *module, const char *words)
{
	static char line[BOOT_CMDLINE_SIZE];
	const struct boot_module *found = find_module(module);
	const struct elf_header *file = found ? file_of(found) : NULL;
	const char *why;

	if (!found)
		return "the boot loader has put no such kernel beside this one";
	if (!file)
		return "it is no ELF file for this machine";
	if (!paging_is_mapped(TRAMPOLINE_ADDRESS) || !paging_is_mapped(HANDOVER_ADDRESS))
		return "the firmware keeps the memory that the change takes";
	why = plan_pieces(file, (struct handover *)HANDOVER_ADDRESS);
	if (why)
		return why;
	if (snprintf(line, sizeof(line), "%s %s", found->words + strlen(module), words) >=
	    (int)sizeof(line))
		return "its command line would be too long";
	if (!multiboot_build(machine_loaded(), strim(line), (void *)HANDOVER_INFO,
			     HANDOVER_END - HANDOVER_INFO))
		return "the firmware's memory map is too long to be passed on";
	return NULL;
}

/* ---- The change ----------------------------------------------------------------------------------------------- */

void handover_start_other(void)
{
	console_drain();
	lapic_timer_stop();
	for (u32 i = 0; i < ap_slots.n; i++)
		lapic_send_init(ap_slots.slot[i].apic_id);
	clock_delay_ns(RESET_NS);
	go_to(handover_start);
}

void handover_halt(void)
{
	go_to(handover_park);
}
