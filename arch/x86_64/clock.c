/* clock.c: nanoseconds since boot, the same on all CPUs.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The clock is the time-stamp counter (TSC), scaled: a read costs no bus access and no shared
 *   word. Where nobody promises that all CPUs' TSCs go at one steady rate (old CPUs change it with
 *   their voltage), it is the counter of the HPET or the PM timer, if there is one.
 *
 *   The promise is that it never runs backwards for two that talk: if a thread reads the clock and
 *   then stores a message, and another, on any CPU, sees the message and then reads the clock, the
 *   second reading is not the smaller one. It takes three things.
 *
 *   1. Readings stay in their place. The store is seen by others only after all instructions before
 *      it are complete, the rdtsc among them; and on the other side the lfence in rdtsc_ordered()
 *      keeps rdtsc behind the load that saw the message. (Intel SDM vol. 2B, RDTSC and LFENCE; on
 *      AMD it needs a bit, set in tsc_init_cpu().)
 *   2. The CPUs' TSCs agree to within the time a message takes. The hardware or the hypervisor
 *      promises a steady count (tsc_is_steady()), and each CPU that comes up puts that to the test
 *      by exchanging readings with the boot CPU (tsc_compare.c): when many fast exchanges show no
 *      difference, no message will.
 *   3. Scaling keeps the order: the product is computed to 128 bits, and cutting off is monotonic.
 *
 *   Without (2), when nobody promised it, or the test refutes it or could not be made, the clock is
 *   *clamped*: a reading is larger than the largest one anybody has made so far, which is kept in
 *   one atomic word (clock_last). That makes the promise good whatever the TSCs do. It costs a
 *   locked instruction on a word that all CPUs share, so it is not the rule. A CPU whose TSC differs
 *   has it corrected by the difference too, or its clock would stand still until it catches up.
 *
 *   The switch to clamped may happen while others use the clock as it was:
 *
 *       CPU 3                                  CPU 7, on its way up
 *       tsc = rdtsc
 *       mode is "tsc"                  [A]
 *                                              mode = clamped             [B]
 *       returns tsc                            asks the boot CPU for its TSC
 *                                              clock_last = that, if it is less
 *
 *   CPU 3 looks at the mode *after* it has read the TSC (the rmb() holds that load back), so its
 *   reading was made before [B], and the boot CPU's after it. Whatever CPU 3 returned, clock_last
 *   is then no smaller, and so is no later reading of CPU 7's, however wrong its correction may be.
 *
 *   A counter outside the CPUs is one for all; it only wraps, after 4.7 s at worst. The count is
 *   continued to 64 bits at each reading, from the one before, so one has to be made in time:
 *   clock_event.c sees to it.
 */
#include <arch/clock.h>

#include <arch/atomic.h>
#include <arch/cpu.h>
#include <arch/percpu.h>

#include "arch/x86_64/clock_event.h"
#include "arch/x86_64/counter.h"
#include "arch/x86_64/tsc.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"

#define TSC_ROUNDS 5

/* How long a CPU may try to compare its TSC closely. Once the clock is clamped it is not worth it. */
#define COMPARE_MS         200
#define COMPARE_CLAMPED_MS 5

#define TSC_MIN_HZ 1000000ULL

enum clock_mode { CLOCK_NONE, CLOCK_TSC, CLOCK_TSC_CLAMPED, CLOCK_COUNTER };

/* [I] from clock_init(), but for mode: [a] may go from CLOCK_TSC to CLOCK_TSC_CLAMPED. */
static u32 mode;
static u64 ns_per_tick; /* times 2^32 */
static u64 ticks_at_boot;
static const struct counter *counter; /* CLOCK_COUNTER only */

static atomic64_t clock_last;    /* the largest reading so far, when clamped */
static atomic64_t counter_total; /* the counter, without wrapping */

/* [c] what to add to this CPU's TSC to get the boot CPU's */
static DEFINE_PER_CPU(s64, tsc_correction);

static u64 ticks_to_ns(u64 ticks)
{
	return (u64)((unsigned __int128)ticks * ns_per_tick >> 32);
}

/* @ns, or if that is not larger than the largest value returned so far, one more than that. */
static u64 clamp_to_last(u64 ns)
{
	s64 last = atomic64_read(&clock_last);

	do {
		if ((s64)ns <= last)
			ns = (u64)last + 1;
	} while (!atomic64_try_cmpxchg(&clock_last, &last, (s64)ns));
	return ns;
}

/* The TSC and its correction must be the same CPU's, so the thread may not migrate between. */
static u64 clamped_ns(void)
{
	unsigned long flags = arch_local_irq_save();
	s64 ticks = (s64)(rdtsc_ordered() - ticks_at_boot) + this_cpu_read(tsc_correction);

	local_irq_restore(flags);
	return clamp_to_last(ticks_to_ns((u64)max(ticks, 0LL)));
}

/*
 * The hardware is read after the old total, so it is the newer of the two and the distance between
 * them is true. When somebody else moves the total meanwhile, we start over. The total only grows,
 * and what we return was its value after we began, so the promise holds.
 */
static u64 counter_ns(void)
{
	s64 old = atomic64_read(&counter_total);
	s64 now;

	do {
		now = old + (s64)((counter->read() - (u64)old) & counter->mask);
	} while (!atomic64_try_cmpxchg(&counter_total, &old, now));
	return ticks_to_ns((u64)now - ticks_at_boot);
}

static noinline u64 clock_ns_slow(u32 as_mode)
{
	if (as_mode == CLOCK_TSC_CLAMPED)
		return clamped_ns();
	return as_mode == CLOCK_COUNTER ? counter_ns() : 0;
}

u64 clock_ns(void)
{
	u64 tsc = rdtsc_ordered(); // in 64-bit mode every CPU can, useful or not
	u32 seen;

	rmb(); // [A] pairs with [B] in clock_clamp(): see the theory
	seen = READ_ONCE(mode);
	if (likely(seen == CLOCK_TSC))
		return ticks_to_ns(tsc - ticks_at_boot);
	return clock_ns_slow(seen);
}

const char *clock_name(void)
{
	switch (READ_ONCE(mode)) {
	case CLOCK_TSC:
		return "tsc";
	case CLOCK_TSC_CLAMPED:
		return "tsc, clamped";
	case CLOCK_COUNTER:
		return counter->name;
	default:
		return "none";
	}
}

void clock_delay_ns(u64 ns)
{
	u64 start = clock_ns();

	if (READ_ONCE(mode) == CLOCK_NONE) {
		pit_delay(ns);
		return;
	}
	while (clock_ns() - start < ns)
		cpu_relax();
}

static void set_rate(u64 hz)
{
	ns_per_tick = mul_div(NSEC_PER_SEC, 1ULL << 32, hz);
}

/* The TSC's rate, or 0 if it cannot be had. CPUID is believed if it is near what we measure. */
static u64 tsc_find_hz(const struct counter *tsc, const struct counter *reference)
{
	u64 stated = tsc_cpuid_hz();
	u64 measured = reference ? counter_measure(tsc, reference, stated ? 1 : TSC_ROUNDS) : 0;

	if (!measured)
		return stated;
	if (!stated)
		return measured;
	if (stated - measured * 99 / 100 <= measured / 50)
		return stated;
	pr_warn("clock: CPUID says %llu kHz, but the %s says %llu kHz\n", stated / 1000,
		reference->name, measured / 1000);
	return measured;
}

static bool use_tsc(const struct counter *reference)
{
	struct counter *tsc = tsc_counter();

	tsc->hz = tsc_find_hz(tsc, reference);
	if (tsc->hz < TSC_MIN_HZ)
		return false;
	set_rate(tsc->hz);
	ticks_at_boot = rdtsc_ordered();
	WRITE_ONCE(mode, tsc_is_steady() ? CLOCK_TSC : CLOCK_TSC_CLAMPED);
	clock_event_init(tsc, 0);
	return true;
}

static bool use_counter(const struct counter *found)
{
	if (!found)
		return false;
	counter = found;
	set_rate(found->hz);
	ticks_at_boot = found->read();
	atomic64_set(&counter_total, (s64)ticks_at_boot);
	WRITE_ONCE(mode, CLOCK_COUNTER);
	clock_event_init(found, ticks_to_ns(found->mask / 2));
	return true;
}

void clock_init(const struct acpi_info *acpi)
{
	const struct counter *hpet = hpet_find(acpi);
	const struct counter *pm_timer = pm_timer_find(acpi);
	const struct counter *outside = hpet ? hpet : pm_timer;
	const struct counter *reference = pm_timer ? pm_timer : hpet;
	u64 hz;

	tsc_init_cpu();
	if (!reference)
		reference = pit_find();
	if (!(tsc_is_steady() && use_tsc(reference)) && !use_counter(outside) &&
	    !use_tsc(reference))
		panic("clock: no counter that could keep time");
	hz = READ_ONCE(mode) == CLOCK_COUNTER ? counter->hz : tsc_counter()->hz;
	pr_info("clock: %s at %llu.%06llu MHz, reference: %s\n", clock_name(), hz / 1000000,
		hz % 1000000, reference ? reference->name : "CPUID");
}

/* Clamp from now on, with @correction added to this CPU's TSC. */
static void clock_clamp(s64 correction, const char *why)
{
	struct tsc_exchange now;
	u32 before;

	this_cpu_write(tsc_correction, correction);
	before = xchg(&mode, CLOCK_TSC_CLAMPED); // [B] pairs with [A] in clock_ns()
	if (!tsc_exchange(&now))
		return;
	clamp_to_last(ticks_to_ns(now.answer - ticks_at_boot));
	if (before == CLOCK_TSC)
		pr_info("clock: clamped: this CPU's TSC %s\n", why);
}

/* Nothing on this CPU reads the clock before: a wrong TSC would carry everybody else's away. */
void clock_cpu_init(void)
{
	const u32 seen = READ_ONCE(mode);
	struct tsc_lead lead;

	tsc_init_cpu();
	clock_event_init_cpu();
	if (seen == CLOCK_COUNTER ||
	    !tsc_compare(&lead, seen == CLOCK_TSC ? COMPARE_MS : COMPARE_CLAMPED_MS))
		return;
	if (tsc_differs(&lead)) {
		clock_clamp(-(lead.low + (lead.high - lead.low) / 2), "differs");
		pr_warn("clock: this CPU's TSC is %lld to %lld ticks ahead: corrected\n", lead.low,
			lead.high);
	} else if (!lead.close) {
		clock_clamp(0, "could not be compared closely");
	}
}
