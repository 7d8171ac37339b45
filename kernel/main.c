/* main.c: the boot order, one remark a line; then what the command line asks for.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/debugger.h>
#include <arch/machine.h>
#include <arch/smp.h>
#include <arch/trap.h>

#include "kernel/base/irqflags.h"
#include "kernel/core/cpu_stack.h"
#include "kernel/core/irq_work.h"
#include "kernel/core/misuse_report.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/parallel.h"
#include "kernel/core/printk.h"
#include "kernel/core/random.h"
#include "kernel/core/slab.h"
#include "kernel/core/smpcall.h"
#include "kernel/core/softirq.h"
#include "kernel/core/timer.h"
#include "kernel/core/timer_list.h"
#include "kernel/debug/lockdep_report.h"
#include "kernel/debug/lockstat_report.h"
#include "kernel/debug/race.h"
#include "kernel/debug/stack_protector.h"
#include "kernel/debug/symbols.h"
#include "kernel/debug/trace_dump.h"
#include "kernel/handover.h"
#include "kernel/ksoftirqd.h"
#include "kernel/kthread.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/main.h"
#include "kernel/mode.h"
#include "kernel/options.h"
#include "kernel/tasklet.h"
#include "kernel/wait_report.h"
#include "kernel/watchdog.h"
#include "kernel/workqueue.h"

/* On two CPUs, for one may have interrupts off, for ever. */
static struct ktimer run_timers[2];

/* The run took longer than `timeout` allows: say what every thread does, and end it. */
static void run_timed_out(struct ktimer *timer)
{
	static bool ends; /* [a] */

	if (xchg(&ends, true))
		return;
	task_print_all();
	wait_graph_report();
	panic("the run did not end in %lu seconds%s%s; above is what each thread was doing",
	      options.timeout, options.mode->doing ? ": " : "",
	      options.mode->doing ? options.mode->doing() : "");
}

static void start_run_timer(void *timer)
{
	timer_start(timer, clock_ns() + options.timeout * NSEC_PER_SEC);
}

static void timeout_start(void)
{
	watchdog_limits.hung_ms = options.hung_task * 1000;
	for (u32 cpu = 0; options.timeout && cpu < min_t(u32, nr_cpus, ARRAY_SIZE(run_timers));
	     cpu++) {
		timer_init(&run_timers[cpu], run_timed_out);
		smp_call_function_single(cpu, start_run_timer, &run_timers[cpu], true);
	}
}

/* Count what becomes of locks from here on, if that is asked for. */
static void stats_start(void)
{
	if (options.stats && lock_stat_start())
		panic("stats=1: no memory for the statistics of locks on %u CPUs",
		      num_online_cpus());
}

/* Note down what happens from here on, if that is asked for. */
static void trace_begin(void)
{
	if (options.trace && trace_start())
		panic("trace=1: no memory for the trace of %u CPUs", num_online_cpus());
}

void run_end(enum verdict verdict)
{
	if (options.trace)
		trace_stop();
	if (options.stats)
		lock_stat_print();
	if (warn_count()) {
		pr_plain("%lu warnings were reported above: not a pass\n", warn_count());
		verdict = VERDICT_FAIL;
	}
	if (options.trace)
		trace_dump();
	if (options.then[0])
		pr_plain("then=%s: %s\n", options.then, kernel_hand_over(options.then, ""));
	printk_flush();
	machine_exit(verdict);
}

/* The first thread: does what the command line asks for, and gives the verdict. */
static int main_thread(void *unused)
{
	timeout_start();
	slab_boot_done(); // from here on GFP_KERNEL is for who may sleep
	ksoftirqd_init(); // softirqs that no interrupt serves
	workqueue_init(); // functions called in threads
	parallel_check(); // what needs CPUs that run at the same time may ask
	misuse_register_holder(wait_print_holder); // misuse is reported with what a holder does
	watchdog_start();                          // what hangs is noticed
	stats_start();                             // what becomes of locks is counted
	trace_begin();                             // what happens is noted down
	run_end(options.mode->run(options.run, options.seed));
}

static void say_what_this_is(void)
{
	pr_info("interlock: profile %s, compiler %s; mode=%s seed=%lu timeout=%lu\n",
		CONFIG_PROFILE, __VERSION__, options.mode->name, options.seed, options.timeout);
}

void kmain(u32 magic, const void *info)
{
	const struct boot_info *boot;

	cpu_init_boot();                       // this CPU knows itself: %gs, `current`, the counts
	console_init();                        // from here on we can speak
	trap_init_cpu();                       // and say what exception hit us
	nmi_register(panic_nmi);               // and stop the other CPUs then, whatever they do
	cpu_stack_init();                      // or ask what they do
	symbols_init();                        // with the names of functions
	boot = machine_boot_info(magic, info); // what the loader knows: command line, memory, ACPI
	list_register_report(warn_report);     // a broken list is said to be
	misuse_report_init();                  // and so is misuse, and the run goes on
	lockdep_init();                        // the validator sees interrupts that are turned on
	lockdep_report_init();                 // and what it finds is printed
	options_parse(boot);                   // refuse a bad command line before anything happens
	random_init(options.seed);             // the same numbers for the same seed
	say_what_this_is();                    // for whoever reads the log later
	if (options.gdb)
		debugger_start();            // wait for a debugger, which may stop us from here on
	page_early_init(boot);               // memory for page tables
	paging_init(boot, page_alloc_early); // the final map: W^X, no page 0
	page_init();                         // all the rest of memory; stacks with guard pages
	slab_init();                         // memory by the object
	smp_limit((u32)options.maxcpus);
	machine_init(boot);       // ACPI, interrupt controllers, the clock, the CPUs' data
	debugger_line_start();    // what comes from a debugger interrupts us, if there is one
	timer_subsystem_init();   // functions called at a set time
	softirq_init();           // and after interrupts
	timer_list_init();        // at a set time, after interrupts
	tasklet_subsystem_init(); // one by one, after interrupts
	smpcall_init();           // functions called on other CPUs
	irq_work_init();          // and once interrupts are on
	task_init();              // threads as objects
	task_debug_init();        // and as a debugger finds them
	sched_init();             // this code becomes CPU 0's idle thread
	rt_mutexes_init();        // locks that lend priority hear when one changes
	local_irq_enable();
	smp_start_all(sched_start_cpu); // the other CPUs come up, all at once, and idle
	race_init(options.seed,
		  options.race_skip); // from here on, accesses that race are looked for
	rcu_init();                   // threads that wait for readers, and call back
	srcu_init();                  // the same for readers that may sleep
	if (IS_ERR(kthread_run(main_thread, NULL, "main")))
		panic("no memory for the first thread");
	sched_idle_loop(); // and CPU 0 idles with them
}
