/* wire.c: the second serial line: the 16550 UART at COM2, polled.
 * SPDX-License-Identifier: MIT
 */
#include <arch/wire.h>

#include <arch/layout.h>

#include "arch/x86_64/uart.h"
#include "lib/macros.h"

#define FIFO_SIZE 16 // bytes that the transmitter takes at once when it is empty

static bool has_fifo; /* [I] */

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

		if (!uart_wait(COM2_PORT, LSR_THRE, UART_PATIENCE))
			return false;
		while (some-- > 0)
			uart_out(COM2_PORT, UART_DATA, *next++);
	}
	return uart_wait(COM2_PORT, LSR_TRANSMIT_END, UART_PATIENCE);
}
