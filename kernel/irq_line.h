/* irq_line.h: interrupts that modules request.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   There are no devices here that a module could drive, so nobody raises these interrupts but OPS="irq 11"
 *   (files/programs.c): then the handlers are called as a device's would be, by an interrupt of this CPU's (an irq_work), with
 *   interrupts off; the thread of request_threaded_irq() is woken if the handler says so. What a handler may do and what
 *   locks it shares with threads is checked as for any other.
 */
#pragma once

#include "lib/types.h"

struct device;

enum irqreturn { IRQ_NONE = 0, IRQ_HANDLED = 1, IRQ_WAKE_THREAD = 2 };
typedef enum irqreturn irqreturn_t;
#define IRQ_RETVAL(handled) ((handled) ? IRQ_HANDLED : IRQ_NONE)

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

#define IRQF_TRIGGER_NONE    0x00000000u
#define IRQF_TRIGGER_RISING  0x00000001u
#define IRQF_TRIGGER_FALLING 0x00000002u
#define IRQF_TRIGGER_HIGH    0x00000004u
#define IRQF_TRIGGER_LOW     0x00000008u
#define IRQF_TRIGGER_MASK    0x0000000fu
#define IRQF_SHARED          0x00000080u
#define IRQF_ONESHOT         0x00002000u
#define IRQF_NO_SUSPEND      0x00004000u
#define IRQF_NO_THREAD       0x00010000u

/*
 * request_irq - call @handler(irq, @dev) at each interrupt @irq. request_threaded_irq - and @thread_fn by a thread, when that returns
 *   IRQ_WAKE_THREAD; without @handler always. Wake-ups that come before the thread begins are one. IRQF_ONESHOT: the next interrupt
 *   comes when @thread_fn has returned.
 * free_irq - not any more; waits for the handler and the thread. Returns the name that was given, or NULL.
 * synchronize_irq - wait for the handlers and thread functions that run. disable_irq - the same, and call none until enable_irq():
 *   what is raised meanwhile is lost.
 * Sleep, but disable_irq_nosync() and enable_irq(). Thread context. Return 0, or -EBUSY (requested by another, and not both are
 * IRQF_SHARED, with the same trigger and IRQF_ONESHOT), -EINVAL (no such interrupt, shared without @dev, no function, or only
 * @thread_fn without IRQF_ONESHOT: a device's interrupt would come again before the thread runs), -ENOMEM.
 */
int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev);
#define request_irq(irq, handler, flags, name, dev)                                                \
	request_threaded_irq((irq), (handler), NULL, (flags), (name), (dev))
const void *free_irq(unsigned int irq, void *dev);
void synchronize_irq(unsigned int irq);
void disable_irq(unsigned int irq);
void disable_irq_nosync(unsigned int irq);
void enable_irq(unsigned int irq);

/*
 * devm_request_irq, devm_request_threaded_irq - as without devm_, and free_irq() is called when @dev's driver is taken off, or
 *   @dev goes; devm_free_irq - before that. Sleep. Thread context.
 */
int devm_request_threaded_irq(struct device *dev, unsigned int irq, irq_handler_t handler,
			      irq_handler_t thread_fn, unsigned long flags, const char *name,
			      void *dev_id);
#define devm_request_irq(dev, irq, handler, flags, name, dev_id)                                   \
	devm_request_threaded_irq((dev), (irq), (handler), NULL, (flags), (name), (dev_id))
void devm_free_irq(struct device *dev, unsigned int irq, void *dev_id);

/* irq_line_raise - call the handlers of @irq, by an interrupt, and wait for them. Sleeps. Returns whether there are any. */
bool irq_line_raise(unsigned int irq);

/* irq_line_walk - call @look for each handler. Sleeps. Thread context. */
void irq_line_walk(void (*look)(unsigned int irq, const char *name, unsigned long made_at));
