/* debug_line.c: the line to the debugger: the 16550 UART at COM2.
 * SPDX-License-Identifier: MIT
 *
 * It is polled while the machine stands. While it runs a byte raises an NMI on CPU 0 (the I/O APIC can do that): so
 * a debugger stops a CPU that spins with interrupts off, too.
 */
#include "arch/x86_64/debugger.h"

#include <arch/apic.h>
#include <arch/barrier.h>
#include <arch/layout.h>

#include "arch/x86_64/uart.h"
#include "kernel/base/cpu.h"
#include "lib/macros.h"

#define COM2_IRQ 3

/* Looks at the line status, as in serial.c: seconds. */
#define PATIENCE 10000000U

static bool interrupts; /* [I] they have a way to CPU 0 */

bool debug_line_init(void)
{
	if (!uart_is_there(COM2_PORT))
		return false;
	uart_set_up(COM2_PORT);
	uart_out(COM2_PORT, UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	return true;
}

bool debug_line_route(void)
{
	interrupts = ioapic_route_nmi(COM2_IRQ, cpu_by_id(0)->hw_id) == 0;
	return interrupts;
}

/* A byte that waits already raises the line, and so an NMI, when this lets it. */
void debug_line_listen(bool on)
{
	if (interrupts)
		uart_out(COM2_PORT, UART_IER, on ? IER_RECEIVE : 0);
}

int debug_line_get(void)
{
	if (!(uart_in(COM2_PORT, UART_LSR) & LSR_RECEIVED))
		return -1;
	return uart_in(COM2_PORT, UART_DATA);
}

static bool wait_status(u8 bit)
{
	for (u32 looks = 0; looks < PATIENCE; looks++) {
		if (uart_in(COM2_PORT, UART_LSR) & bit)
			return true;
		cpu_relax();
	}
	return false;
}

void debug_line_put(u8 byte)
{
	if (wait_status(LSR_THRE))
		uart_out(COM2_PORT, UART_DATA, byte);
}

void debug_line_drain(void)
{
	wait_status(LSR_TRANSMIT_END);
}
