/* serial.c: the 16550 UART at COM1.
 * SPDX-License-Identifier: MIT
 *
 * Output is polled, because it has to work with interrupts off, in an NMI and in a panic. Input comes
 * by interrupt. National Semiconductor's data sheet PC16550D is the reference; a register below is an
 * offset from COM1_PORT.
 */
#include <arch/console.h>

#include <arch/apic.h>
#include <arch/atomic.h>
#include <arch/io.h>
#include <arch/layout.h>

#include "arch/x86_64/traps.h"
#include "kernel/base/cpu.h"
#include "lib/errno.h"

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

#define SERIAL_IRQ   4
#define BAUD_DIVISOR 1 // 115200

/* Looks at the line status before we believe that the transmitter is stuck: ten seconds where a look
 * takes a microsecond, as on a PC's bus and, measured, in QEMU. There it waits for whoever reads the
 * other end of a pipe, who may have been stopped for a while. */
#define PATIENCE 10000000U

/* Characters taken in one interrupt: more than the FIFO holds, and not for ever. */
#define RECEIVE_MAX 64

static bool present; /* [I] */
static bool stuck; /* the last wait was in vain: then only look. Any CPU; no harm if it is wrong */
static void (*receive_handler)(int c); /* [I] */
static atomic_t irq_count;

static u8 uart_read(u16 reg)
{
	return inb((u16)(COM1_PORT + reg));
}

static void uart_write(u16 reg, u8 value)
{
	outb(value, (u16)(COM1_PORT + reg));
}

/* Wait until @bit of the line status is set; returns whether it is. */
static bool wait_status(u8 bit)
{
	u32 looks = READ_ONCE(stuck) ? 1 : PATIENCE;

	while (looks-- > 0) {
		if (uart_read(UART_LSR) & bit) {
			WRITE_ONCE(stuck, false);
			return true;
		}
		cpu_relax();
	}
	WRITE_ONCE(stuck, true);
	return false;
}

/* Whether a byte of memory is there, as in every 16450 and later. */
static bool scratch_works(void)
{
	for (u32 value = 0x5a; value <= 0xa5; value += 0xa5 - 0x5a) {
		uart_write(UART_SCRATCH, (u8)value);
		if (uart_read(UART_SCRATCH) != value)
			return false;
	}
	return true;
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

static void set_up_line(void)
{
	uart_write(UART_IER, 0);
	uart_write(UART_LCR, LCR_DLAB);
	uart_write(UART_DIVISOR_LOW, BAUD_DIVISOR);
	uart_write(UART_DIVISOR_HIGH, 0);
	uart_write(UART_LCR, LCR_8N1);
	uart_write(UART_FCR, FCR_ENABLE);
}

bool console_init(void)
{
	if (uart_read(UART_LSR) == LSR_NO_UART || !scratch_works())
		return false;
	wait_status(LSR_TRANSMIT_END); // let the boot loader's last characters out
	stuck = false;
	set_up_line();
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
