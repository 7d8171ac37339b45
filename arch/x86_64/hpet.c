/* hpet.c: the high-precision event timer's main counter: 10 MHz or more, memory-mapped.
 * SPDX-License-Identifier: MIT
 *
 * Only its counter is used, and of that only the low half: 32 bits can be read in one access on
 * every HPET, where 64 take two that a carry may come between. (IA-PC HPET specification 1.0a.)
 */
#include <arch/io.h>
#include <arch/paging.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/counter.h"

#define HPET_SIZE   0x400
#define HPET_ID     0x000 // the low half: revision, number of timers
#define HPET_PERIOD 0x004 // its high half: femtoseconds a tick
#define HPET_CONFIG 0x010
#define HPET_COUNT  0x0f0

#define CONFIG_ENABLE BIT(0) // the counter runs
#define CONFIG_LEGACY BIT(1) // timers 0 and 1 take the place of IRQ 0 and 8
#define PERIOD_MAX_FS 100000000ULL
#define PERIOD_MIN_FS 100000ULL // 10 GHz: nothing that fast exists
#define FS_PER_SEC    1000000000000000ULL

static u8 *registers; /* [I] */

static u64 hpet_read(void)
{
	return mmio_read32(registers + HPET_COUNT);
}

static struct counter hpet = {
	.name = "hpet",
	.mask = 0xffffffff,
	.read = hpet_read,
};

const struct counter *hpet_find(const struct acpi_info *acpi)
{
	u32 period, config;

	if (!acpi->hpet_address)
		return NULL;
	registers = paging_map_device(acpi->hpet_address, HPET_SIZE);
	period = mmio_read32(registers + HPET_PERIOD);
	if (mmio_read32(registers + HPET_ID) == ~0U || period < PERIOD_MIN_FS ||
	    period > PERIOD_MAX_FS)
		return NULL;
	hpet.hz = FS_PER_SEC / period;
	config = mmio_read32(registers + HPET_CONFIG);
	mmio_write32(registers + HPET_CONFIG, (config & ~CONFIG_LEGACY) | CONFIG_ENABLE);
	return counter_runs(&hpet) ? &hpet : NULL;
}
