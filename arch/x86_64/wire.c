/* wire.c: the second serial line: the 16550 UART at COM2, polled.
 * SPDX-License-Identifier: MIT
 */
#include <arch/wire.h>

#include <arch/barrier.h>
#include <arch/layout.h>

#include "arch/x86_64/uart.h"
#include "lib/macros.h"

#define FIFO_SIZE 16 // bytes that the transmitter takes at once when it is empty

/* Looks at the line status for each FIFO full: seconds, as in serial.c. */
#define PATIENCE 10000000U

static bool has_fifo; /* [I] */

static bool wait_status(u8 bit)
{
	for (u32 looks = 0; looks < PATIENCE; looks++) {
		if (uart_in(COM2_PORT, UART_LSR) & bit)
			return true;
		cpu_relax();
	}
	return false;
}

bool wire_init(void)
{
	if (!uart_is_there(COM2_PORT))
		return false;
	uart_set_up(COM2_PORT);
	uart_out(COM2_PORT, UART_MCR, MCR_DTR | MCR_RTS);
	has_fifo = (uart_in(COM2_PORT, UART_IIR) & IIR_FIFO) == IIR_FIFO;
	return true;
}

bool wire_write(const void *bytes, size_t n)
{
	const u8 *next = bytes, *end = next + n;

	while (next < end) {
		size_t some = min_t(size_t, has_fifo ? FIFO_SIZE : 1, (size_t)(end - next));

		if (!wait_status(LSR_THRE))
			return false;
		while (some-- > 0)
			uart_out(COM2_PORT, UART_DATA, *next++);
	}
	return wait_status(LSR_TRANSMIT_END);
}
