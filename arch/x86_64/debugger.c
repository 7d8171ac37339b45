/* debugger.c: all CPUs stop for a debugger, and those that it says go on.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A CPU that is stopped is in debug_stop(), with its trap frame in its place [F]. It got there by an event of its own, a
 *   breakpoint for example, or by the NMI of one that did. One of them is the master and speaks with the debugger:
 *
 *      CPU 0                                   CPU 2
 *      int3: frame [F], event
 *      cmpxchg(NOBODY -> 0) succeeds
 *      summons CPU 2 by NMI ----------------->  (anywhere, interrupts on or off)
 *      waits for its frame, with a bound       NMI: frame [F], waits to be let go [G]
 *      takes the int3s out of the code
 *      speaks with the debugger
 *      puts them in again
 *      frame = NULL, go [G] for each that
 *      is to run, itself too; then NOBODY
 *      waits to be let go, as all do           leaves
 *
 *   Two may have events at the same time. The second is stopped by the first: `seen`, and its event is dropped. A
 *   breakpoint will be met again, for rip is before it. A store that was watched has been made, and is told when its CPU
 *   would go on. An event that nobody has seen makes its CPU the next master.
 *   A CPU that is summoned while it is on its way in or out is inside already: the NMI only leaves a note.
 *   It does not wait in the NMI's handler, where no NMI could wake it. The handler puts what was interrupted on the
 *   interrupted stack, as an exception would, and returns to debug_summoned: so the CPU halts while it waits.
 *   While a master speaks no breakpoint is in the code and its CPU looks out for nothing, so that it may call what it likes.
 *   It takes no lock, since who holds one may be stopped.
 *   NMIs cannot be told apart, and two may become one: who wants to know looks at the notes, and with a debugger no NMI
 *   is one too many.
 *   It does not: stop CPUs that are not online yet.
 *   What leads to debug_stop() is in debug_event.c.
 */
#include "arch/x86_64/debugger.h"

#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/smp.h>

#include "kernel/base/cpu.h"
#include "kernel/base/preempt.h"
#include "kernel/debug/gdbstub.h"

#define NOBODY NR_CPUS

/* How long a CPU may take to stop: a virtual one can be preempted for long. */
#define STOP_PATIENCE_MS 5000

/* Bytes looked at for one NMI: more than the FIFO holds. */
#define LOOK_BYTES 64

#define INTERRUPT_BYTE 0x03
#define PACKET_BYTE    '$'

struct debug_place debug_places[NR_CPUS];
static u32 master = NOBODY; /* [a] */

struct trap_frame *debugger_frame(u32 cpu)
{
	return READ_ONCE(debug_places[cpu].frame);
}

bool debugger_step(u32 cpu)
{
	return debug_step_begin(&debug_places[cpu].step, debug_places[cpu].frame);
}

/* ---- The master ---- */

static bool become_master(void)
{
	return cmpxchg(&master, NOBODY, raw_smp_processor_id()) == NOBODY;
}

/* In an NMI's context, as far as the interrupt controller's driver is concerned: what it was doing is not over. */
static void poke(u32 cpu)
{
	preempt_count_add(NMI_OFFSET);
	smp_send_nmi(cpu);
	preempt_count_sub(NMI_OFFSET);
}

static void stop_others(void)
{
	u32 id, patience = STOP_PATIENCE_MS;

	for_each_online_cpu(id) {
		if (debugger_frame(id))
			continue;
		WRITE_ONCE(debug_places[id].summoned, true);
		poke(id);
	}
	for_each_online_cpu(id) {
		// [F] pairs with [F] in debug_stop()
		while (!smp_load_acquire(&debug_places[id].frame) && patience) {
			clock_delay_ns(1000000);
			patience--;
		}
		WRITE_ONCE(debug_places[id].seen, true);
	}
}

static void let_go(u32 cpu)
{
	struct debug_place *place = &debug_places[cpu];

	if (!place->frame)
		return;
	WRITE_ONCE(place->frame, NULL);
	smp_store_release(&place->go, true); // [G] pairs with [G] in is_let_go()
	if (cpu != raw_smp_processor_id() && READ_ONCE(place->halts))
		poke(cpu);
}

static void let_all_go(u32 cpu)
{
	u32 self = raw_smp_processor_id(), id;

	for_each_online_cpu(id) {
		if (id != self && (cpu == DEBUG_ALL_CPUS || cpu == id))
			let_go(id);
	}
	if (cpu == DEBUG_ALL_CPUS || cpu == self)
		let_go(self);
	smp_store_release(&master, NOBODY);
}

static void control(const struct debug_event *event)
{
	u32 runs;

	debug_line_listen(false);
	stop_others();
	WRITE_ONCE(debug_my_place()->seen, true); // it may not be online yet
	debug_breaks_remove();
	runs = gdbstub_talk(event);
	debug_breaks_insert();
	debug_line_listen(true);
	let_all_go(runs);
}

/* ---- Every CPU ---- */

/* What has come over the line, while no master looks: Ctrl-C, or a debugger that begins to speak. */
void debug_look_at_line(struct debug_event *event)
{
	for (u32 i = 0; i < LOOK_BYTES && !event->signal; i++) {
		int byte = debug_line_get();

		if (byte < 0)
			return;
		if (byte == INTERRUPT_BYTE)
			*event = (struct debug_event){ DEBUG_SIGINT, DEBUG_OTHER, 0, NULL };
		else if (gdbstub_byte((u8)byte))
			*event = (struct debug_event){ DEBUG_SIGTRAP, DEBUG_QUIET, 0, NULL };
	}
}

static bool is_let_go(struct debug_place *place)
{
	// [G] pairs with [G] in let_go()
	if (!smp_load_acquire(&place->go))
		return false;
	WRITE_ONCE(place->go, false);
	return true;
}

/* The first CPU takes the line's interrupts; while it is held it looks itself. */
static void look_while_held(struct debug_place *place)
{
	struct debug_event event = { .signal = 0 };

	if (raw_smp_processor_id() != 0 || !become_master())
		return;
	if (READ_ONCE(place->frame))
		debug_look_at_line(&event);
	if (event.signal)
		control(&event);
	else
		smp_store_release(&master, NOBODY);
}

/* Nobody knows that this CPU is stopped, and nobody would let it go. */
static void be_master(struct debug_event *event)
{
	if (!become_master())
		return;
	if (event->signal)
		control(event);
	else
		let_all_go(raw_smp_processor_id());
	event->signal = 0;
}

/* What ends it comes with an NMI: that it is let go, and the line's bytes. */
static void wait_while_held(struct debug_place *place)
{
	if (READ_ONCE(master) == NOBODY)
		look_while_held(place);
	if (place->halts)
		debug_halt(&place->poked);
}

static void wait_to_go(struct debug_place *place, struct debug_event *event)
{
	for (;;) {
		WRITE_ONCE(place->poked, false);
		if (is_let_go(place))
			return;
		if (READ_ONCE(place->seen))
			wait_while_held(place);
		else if (READ_ONCE(master) == NOBODY)
			be_master(event);
		cpu_relax();
	}
}

void debug_stop(struct trap_frame *frame, struct debug_event *event)
{
	struct debug_place *place = debug_my_place();

	debug_step_cancel(&place->step, frame);
	do {
		WRITE_ONCE(place->summoned, false);
		WRITE_ONCE(place->seen, false);
		smp_store_release(&place->frame, frame); // [F] pairs with [F] in stop_others()
		wait_to_go(place, event);
	} while (event->signal && debug_watch_stands(event));
	event->signal = 0;
}

/* Whether it is to stop still: who summoned it may have given up. */
bool debug_is_summoned(const struct debug_place *place)
{
	return READ_ONCE(place->summoned) && READ_ONCE(master) != NOBODY;
}

void debugger_exit(unsigned int status)
{
	if (!debugger_is_on() || debug_my_place()->inside || !gdbstub_is_attached())
		return;
	while (!become_master())
		cpu_relax();
	debug_line_listen(false);
	gdbstub_tell_exit(status);
}
