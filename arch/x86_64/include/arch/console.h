/* console.h: the serial console, as the layers above use it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/*
 * console_init - find and set up the 16550 at COM1: 115200 baud, 8n1, FIFO on.
 * Never sleeps. Boot only. Where no UART answers, later writes are dropped; returns whether one does.
 */
bool console_init(void);

/*
 * console_write - send @n bytes, "\n" as "\r\n", waiting for the transmitter before each.
 * Never sleeps. Any context; takes no lock: caller keeps others away. The wait is bounded, so that a
 * transmitter that is stuck loses characters and not the machine.
 */
void console_write(const char *text, size_t n);

/*
 * console_drain - wait until the last character has left the machine: before it is switched off.
 * Never sleeps. Any context. The wait is bounded.
 */
void console_drain(void);

/*
 * console_irq_init - route the UART's receive interrupt through the I/O APIC to CPU 0, and give each
 * character received to @receive (interrupt context).
 * Never sleeps. Boot only, after the I/O APIC is set up. Returns 0 or -ENODEV.
 */
int console_irq_init(void (*receive)(int c));

/*
 * console_self_interrupt - make the UART raise its transmitter-empty interrupt once.
 * Never sleeps. Thread context. For the test that the interrupt's way to the CPU is whole; the count
 * of the UART's interrupts is console_irq_count().
 */
void console_self_interrupt(void);
unsigned long console_irq_count(void);
