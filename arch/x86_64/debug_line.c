/* debug_line.c: the line to the debugger: the 16550 UART at COM2.
 * SPDX-License-Identifier: MIT
 *
 * It is polled while the machine stands. While it runs a byte raises an NMI on CPU 0 (the I/O APIC can do that): so
 * a debugger stops a CPU that spins with interrupts off, too.
 */
#include "arch/x86_64/debugger.h"

#include <arch/apic.h>
#include <arch/layout.h>

#include "arch/x86_64/uart.h"
#include "kernel/base/cpu.h"
#include "lib/macros.h"

#define COM2_IRQ 3

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

void debug_line_put(u8 byte)
{
	if (uart_wait(COM2_PORT, LSR_THRE, UART_PATIENCE))
		uart_out(COM2_PORT, UART_DATA, byte);
}

void debug_line_drain(void)
{
	uart_wait(COM2_PORT, LSR_TRANSMIT_END, UART_PATIENCE);
}
