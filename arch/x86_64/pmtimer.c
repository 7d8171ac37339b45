/* pmtimer.c: the ACPI power-management timer: 3.58 MHz on every PC, one port to read.
 * SPDX-License-Identifier: MIT
 *
 * The best reference there is: its rate is fixed by the standard (three times the NTSC colour
 * carrier's, ACPI 6.4, 4.8.2.1), and it needs no setting up. It is 24 bits wide, which wraps after
 * 4.7 s, or 32.
 */
#include <arch/io.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/counter.h"

#define PM_TIMER_HZ 3579545ULL

static u16 port; /* [I] */

static u64 pm_timer_read(void)
{
	return inl(port);
}

static struct counter pm_timer = {
	.name = "pm timer",
	.hz = PM_TIMER_HZ,
	.read = pm_timer_read,
};

const struct counter *pm_timer_find(const struct acpi_info *acpi)
{
	if (!acpi->pm_timer_port)
		return NULL;
	port = acpi->pm_timer_port;
	pm_timer.mask = acpi->pm_timer_32bit ? 0xffffffff : 0xffffff;
	return counter_runs(&pm_timer) ? &pm_timer : NULL;
}
