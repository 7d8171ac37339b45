/* serial.c: the 16550 UART at COM1.
 * SPDX-License-Identifier: MIT
 *
 * Output is polled, because it has to work with interrupts off, in an NMI and in a panic. Input comes
 * by interrupt. The registers: uart.h.
 */
#include <arch/console.h>

#include <arch/apic.h>
#include <arch/atomic.h>
#include <arch/io.h>
#include <arch/layout.h>

#include "arch/x86_64/traps.h"
#include "arch/x86_64/uart.h"
#include "kernel/base/cpu.h"
#include "lib/errno.h"

#define SERIAL_IRQ 4

/* Characters taken in one interrupt: more than the FIFO holds, and not for ever. */
#define RECEIVE_MAX 64

static bool present; /* [I] */
static bool stuck; /* the last wait was in vain: then only look. Any CPU; no harm if it is wrong */
static void (*receive_handler)(int c); /* [I] */
static atomic_t irq_count;

static u8 uart_read(u16 reg)
{
	return uart_in(COM1_PORT, reg);
}

static void uart_write(u16 reg, u8 value)
{
	uart_out(COM1_PORT, reg, value);
}

/* Wait until @bit of the line status is set; returns whether it is. */
static bool wait_status(u8 bit)
{
	bool is_set = uart_wait(COM1_PORT, bit, READ_ONCE(stuck) ? 1 : UART_PATIENCE);

	WRITE_ONCE(stuck, !is_set);
	return is_set;
}

static void drop_received(void)
{
	for (u32 i = 0; i < RECEIVE_MAX && (uart_read(UART_LSR) & LSR_RECEIVED); i++)
		uart_read(UART_DATA);
}

/* Whether a character that is sent in a circle comes back. */
static bool loopback_works(void)
{
	const u8 probe = 0xae;
	bool works;

	uart_write(UART_MCR, MCR_LOOPBACK | MCR_DTR | MCR_RTS);
	drop_received();
	uart_write(UART_DATA, probe);
	works = wait_status(LSR_RECEIVED) && uart_read(UART_DATA) == probe;
	uart_write(UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	return works;
}

bool console_init(void)
{
	if (!uart_is_there(COM1_PORT))
		return false;
	wait_status(LSR_TRANSMIT_END); // let the boot loader's last characters out
	stuck = false;
	uart_set_up(COM1_PORT);
	present = loopback_works();
	return present;
}

static void put_char(u8 c)
{
	if (wait_status(LSR_THRE))
		uart_write(UART_DATA, c);
}

void console_write(const char *text, size_t n)
{
	if (!present)
		return;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			put_char('\r');
		put_char((u8)text[i]);
	}
}

void console_drain(void)
{
	if (present)
		wait_status(LSR_TRANSMIT_END);
}

static void receive_all(void)
{
	for (u32 i = 0; i < RECEIVE_MAX && (uart_read(UART_LSR) & LSR_RECEIVED); i++)
		receive_handler(uart_read(UART_DATA));
}

/* The line to the I/O APIC is edge-triggered: it must have been low, nothing pending, once before we
 * leave, or there is never an edge again. */
static void serve_all(void)
{
	for (u32 i = 0; i < RECEIVE_MAX; i++) {
		u8 pending = uart_read(UART_IIR);

		if (pending & IIR_NONE)
			return;
		if ((pending & IIR_SOURCE) == IIR_TRANSMIT)
			uart_write(UART_IER, IER_RECEIVE);
		else
			receive_all();
	}
}

/* Counted at the end: who sees the count may ask for the next one, and we do not undo that. */
static void serial_irq(struct trap_frame *frame __unused)
{
	serve_all();
	atomic_inc(&irq_count);
}

int console_irq_init(void (*receive)(int c))
{
	int error;

	if (!present)
		return -ENODEV;
	receive_handler = receive;
	irq_register(VECTOR_SERIAL, "serial port", serial_irq);
	error = ioapic_route(SERIAL_IRQ, VECTOR_SERIAL, cpu_by_id(0)->hw_id);
	if (error)
		return -ENODEV;
	uart_write(UART_IER, IER_RECEIVE);
	return 0;
}

void console_self_interrupt(void)
{
	if (present)
		uart_write(UART_IER, IER_RECEIVE | IER_TRANSMIT);
}

unsigned long console_irq_count(void)
{
	return (unsigned long)atomic_read(&irq_count);
}
