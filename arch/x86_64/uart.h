/* uart.h: the registers of the 16550 UART, each an offset from its port.
 * SPDX-License-Identifier: MIT
 *
 * Source: National Semiconductor's data sheet PC16550D.
 */
#pragma once

#include <arch/barrier.h>
#include <arch/io.h>

#define UART_DATA    0 // receive buffer when read, transmit holding register when written
#define UART_IER     1 // which interrupts are enabled
#define UART_IIR     2 // read: which interrupt is pending
#define UART_FCR     2 // write: FIFO control
#define UART_LCR     3 // line control
#define UART_MCR     4 // modem control
#define UART_LSR     5 // line status
#define UART_SCRATCH 7 // a byte of memory

#define UART_DIVISOR_LOW  0 // while LCR_DLAB is set
#define UART_DIVISOR_HIGH 1

#define IER_RECEIVE  0x01
#define IER_TRANSMIT 0x02 // the transmit holding register is empty

#define IIR_NONE     0x01 // nothing is pending
#define IIR_SOURCE   0x0e
#define IIR_TRANSMIT 0x02
#define IIR_FIFO     0xc0 // both: the FIFOs work

#define FCR_ENABLE 0x01

#define LCR_8N1  0x03 // 8 bits, no parity, 1 stop bit
#define LCR_DLAB 0x80

#define MCR_DTR      0x01
#define MCR_RTS      0x02
#define MCR_OUT2     0x08 // on a PC: lets the interrupt out
#define MCR_LOOPBACK 0x10 // what is sent is received

#define LSR_RECEIVED     0x01
#define LSR_THRE         0x20 // takes a character
#define LSR_TRANSMIT_END 0x40 // has sent all it had
#define LSR_NO_UART      0xff // what a port reads that nobody answers

#define BAUD_DIVISOR 1 // 115200

static inline u8 uart_in(u16 port, u16 reg)
{
	return inb((u16)(port + reg));
}

static inline void uart_out(u16 port, u16 reg, u8 value)
{
	outb(value, (u16)(port + reg));
}

/* Looks at the line status before we believe that the transmitter is stuck: ten seconds where a look
 * takes a microsecond, as on a PC's bus and, measured, in QEMU. There it waits for whoever reads the
 * other end of a pipe, who may have been stopped for a while. */
#define UART_PATIENCE 10000000U

/* Look up to @looks times whether @bit of the line status is set; returns whether it is. */
static inline bool uart_wait(u16 port, u8 bit, u32 looks)
{
	while (looks-- > 0) {
		if (uart_in(port, UART_LSR) & bit)
			return true;
		cpu_relax();
	}
	return false;
}

/* Whether a UART answers, with a byte of memory in it, as in every 16450 and later. */
static inline bool uart_is_there(u16 port)
{
	if (uart_in(port, UART_LSR) == LSR_NO_UART)
		return false;
	for (u32 value = 0x5a; value <= 0xa5; value += 0xa5 - 0x5a) {
		uart_out(port, UART_SCRATCH, (u8)value);
		if (uart_in(port, UART_SCRATCH) != value)
			return false;
	}
	return true;
}

/* 115200 baud, 8n1, FIFO on, no interrupts. */
static inline void uart_set_up(u16 port)
{
	uart_out(port, UART_IER, 0);
	uart_out(port, UART_LCR, LCR_DLAB);
	uart_out(port, UART_DIVISOR_LOW, BAUD_DIVISOR);
	uart_out(port, UART_DIVISOR_HIGH, 0);
	uart_out(port, UART_LCR, LCR_8N1);
	uart_out(port, UART_FCR, FCR_ENABLE);
}
