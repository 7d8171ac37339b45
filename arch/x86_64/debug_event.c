/* debug_event.c: exceptions and NMIs that are a debugger's, and panics.
 * SPDX-License-Identifier: MIT
 */
#include "arch/x86_64/debugger.h"

#include <arch/layout.h>
#include <arch/watch.h>

#include "kernel/base/preempt.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/debug/gdbstub.h"

/* DR6: why there was a debug exception. */
#define DR6_FIRST  BIT(0)
#define DR6_OTHERS (BIT(1) | BIT(2) | BIT(3))
#define DR6_STEP   BIT(14)
#define DR6_NONE   0xffff0ff0UL
#define FLAGS_NONE 0x2UL // RFLAGS with all off: bit 1 is always set

static bool is_on;  /* [I] */
static bool starts; /* the next int3 is debugger_start()'s */

static unsigned long take_dr6(void)
{
	unsigned long dr6;

	asm volatile("movq %%dr6, %0" : "=r"(dr6)::"memory");
	asm volatile("movq %0, %%dr6" ::"r"(DR6_NONE) : "memory");
	return dr6;
}

/* A step, or what a debugger looks out for. The kernel's own is for others, and comes after this. */
static bool debug_exception(struct trap_frame *frame, unsigned long watched,
			    struct debug_event *event)
{
	unsigned long dr6 = take_dr6();
	bool ours = debug_watch_event(dr6, event);

	if (dr6 & DR6_STEP) {
		ours = true;
		if (!event->signal)
			*event = (struct debug_event){ DEBUG_SIGTRAP, DEBUG_OTHER, 0, NULL };
		debug_step_end(&debug_my_place()->step, frame);
	}
	if ((dr6 & DR6_FIRST) && (watched & DR7_ENABLE_0))
		return false;
	// Or one that has been removed meanwhile: this CPU stopped for others on its way here.
	return ours || (dr6 & DR6_OTHERS);
}

/* On its way here this CPU may have stopped for others, who have removed the breakpoint: then there is none to tell. */
static bool breakpoint(struct trap_frame *frame, struct debug_event *event)
{
	unsigned long at = (unsigned long)frame->rip - 1;

	if (READ_ONCE(starts)) {
		WRITE_ONCE(starts, false);
		*event = (struct debug_event){ DEBUG_SIGTRAP, DEBUG_QUIET, 0, NULL };
		return true;
	}
	if (debug_break_at(at))
		*event = (struct debug_event){ DEBUG_SIGTRAP, DEBUG_BREAK, at, NULL };
	else if (debug_break_in_code(at))
		return false; // it is there for good
	frame->rip = at;
	return true;
}

static bool nmi(struct debug_event *event)
{
	if (debug_is_summoned(debug_my_place()))
		return true;
	WRITE_ONCE(debug_my_place()->summoned, false);
	if (raw_smp_processor_id() == 0)
		debug_look_at_line(event);
	return event->signal;
}

/* What the CPU pushes for an exception. */
struct pushed {
	u64 rip, cs, rflags, rsp, ss;
};

/* Have the CPU, when it leaves the NMI's handler, stop for @event. Returns false where there is no stack for that. */
static bool send_in(struct trap_frame *frame, const struct debug_event *event)
{
	const struct pushed pushed = { frame->rip, frame->cs, frame->rflags, frame->rsp,
				       frame->ss };
	unsigned long rsp = ALIGN_DOWN((unsigned long)frame->rsp, 16) - sizeof(pushed);

	if (!debug_write(rsp, &pushed, sizeof(pushed)))
		return false;
	debug_my_place()->event = *event;
	frame->rip = (u64)debug_summoned;
	frame->rsp = rsp;
	frame->rflags = FLAGS_NONE;
	return true;
}

/* In the debugger itself. An NMI leaves a note; a breakpoint in code that is executed before it is taken out goes. */
static bool nested(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_NMI) {
		WRITE_ONCE(debug_my_place()->poked, true);
		if (frame->rip >= (u64)debug_halt && frame->rip < (u64)debug_halt_end)
			frame->rip = (u64)debug_halt_end;
		return true;
	}
	if (frame->vector != VECTOR_BREAKPOINT)
		return false;
	if (!debug_break_at((unsigned long)frame->rip - 1))
		return false;
	debug_break_drop((unsigned long)--frame->rip);
	return true;
}

static bool is_ours(struct trap_frame *frame, unsigned long watched, struct debug_event *event)
{
	if (frame->vector == VECTOR_WATCH)
		return debug_exception(frame, watched, event);
	if (frame->vector == VECTOR_BREAKPOINT)
		return breakpoint(frame, event);
	*event = debug_my_place()->event; // it was sent in
	return true;
}

static unsigned long go_in(struct debug_place *place)
{
	place->inside = true;
	barrier();
	return debug_watch_off();
}

static void go_out(struct debug_place *place, unsigned long watched)
{
	debug_watch_on(watched);
	barrier();
	place->inside = false;
	barrier();
}

/* An NMI that means a stop; others are for whoever else knows them. */
static bool take_nmi(struct trap_frame *frame)
{
	struct debug_event event = { .signal = 0 };
	unsigned long watched = go_in(debug_my_place());
	bool ours = nmi(&event);

	if (ours && send_in(frame, &event)) {
		debug_my_place()->watched = watched; // it stays inside
		return true;
	}
	debug_my_place()->halts = false;
	if (ours)
		debug_stop(frame, &event);
	go_out(debug_my_place(), watched);
	return ours;
}

/* Stop for @event, and for whoever has summoned this CPU while it was inside; and go out. */
static void stop_if_asked(struct trap_frame *frame, struct debug_event *event,
			  unsigned long watched)
{
	struct debug_place *place = debug_my_place();

	for (;;) {
		if (event->signal || debug_is_summoned(place))
			debug_stop(frame, event);
		go_out(place, watched);
		if (!debug_is_summoned(place))
			return;
		watched = go_in(place);
	}
}

bool debugger_trap(struct trap_frame *frame)
{
	struct debug_event event = { .signal = 0 };
	unsigned long watched;
	bool ours;

	if (likely(!READ_ONCE(is_on)))
		return false;
	if (debug_my_place()->inside && frame->vector != VECTOR_NONE)
		return nested(frame);
	if (frame->vector == VECTOR_NMI)
		return take_nmi(frame);
	watched = go_in(debug_my_place());
	if (frame->vector == VECTOR_NONE)
		watched = debug_my_place()->watched; // it went in with the NMI
	debug_my_place()->halts = !in_nmi();
	ours = is_ours(frame, watched, &event);
	stop_if_asked(frame, &event, watched);
	return ours;
}

/* A panic: its CPU stops where it was found, and goes on to the report. Without a debugger it goes on at once. */
static void stop_for_panic(const struct trap_frame *frame, const char *message)
{
	struct debug_event event = { DEBUG_SIGABRT, DEBUG_OTHER, 0, message };

	if (debug_my_place()->inside || !gdbstub_is_attached())
		return;
	debug_my_place()->halts = !in_nmi();
	stop_if_asked((struct trap_frame *)frame, &event, go_in(debug_my_place()));
}

bool debugger_is_on(void)
{
	return READ_ONCE(is_on);
}

/* ---- From the beginning to the end ---- */

void debugger_start(void)
{
	panic_register_debugger(stop_for_panic);
	pr_info("gdb: waits for a debugger on COM2, 115200 8N1: target remote /dev/ttyS0\n");
	printk_flush();
	WRITE_ONCE(starts, true);
	WRITE_ONCE(is_on, true);
	asm volatile("int3" ::: "memory");
}

void debugger_line_start(void)
{
	if (!READ_ONCE(is_on))
		return;
	if (!debug_line_route()) {
		pr_warn("gdb: COM2 cannot interrupt this machine: Ctrl-C will not stop it\n");
		return;
	}
	debug_line_listen(true);
}

void debugger_init_cpu(void)
{
	if (READ_ONCE(is_on))
		debug_watch_on(DR7_ONE);
}
