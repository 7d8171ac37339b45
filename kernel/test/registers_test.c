/* registers_test.c: no interrupt and no switch of threads changes a register of who was interrupted.
 * SPDX-License-Identifier: MIT
 *
 * Below are two functions that fill the registers, wait for something to happen, and compare. What
 * this file knows of the machine is in them.
 */
#include "kernel/core/timer.h"
#include "kernel/test/nmi_test.h"
#include "kernel/test/sched_test.h"

#define WORDS 15

/*
 * int registers_spin(const u64 values[15], u64 rounds): fill every register but rsp from values[],
 * set the carry and the direction flag, and do nothing for so many rounds of a loop that touches
 * neither. Returns 0 if all are as they were, 1 if not.
 * The stack: values[] at 0 to 119, the rounds left at 120.
 */
int registers_spin(const u64 values[WORDS], u64 rounds);

// clang-format off
#define COPY(n, reg)    "movq " #n "*8(%rdi), %rax\n\tmovq %rax, " #n "*8(%rsp)\n\t"
#define LOAD(n, reg)    "movq " #n "*8(%rsp), %" #reg "\n\t"
#define COMPARE(n, reg) "cmpq " #n "*8(%rsp), %" #reg "\n\tjne 2f\n\t"

#define EACH_CALLEE_SAVED(DO) \
	DO(0, rbx) DO(1, rbp) DO(2, r12) DO(3, r13) DO(4, r14) DO(5, r15)
#define EACH_OTHER(DO) \
	DO(6, rax) DO(7, rcx) DO(8, rdx) DO(9, rsi) DO(10, rdi) \
	DO(11, r8) DO(12, r9) DO(13, r10) DO(14, r11)

#define PUSH_CALLEE_SAVED \
	"pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n\t"
#define POP_CALLEE_SAVED \
	"popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp\n\t"

asm(".text\n"
    "registers_spin:\n\t"
    PUSH_CALLEE_SAVED
    "subq $128, %rsp\n\t"
    "movq %rsi, 120(%rsp)\n\t"
    EACH_CALLEE_SAVED(COPY) EACH_OTHER(COPY)
    EACH_CALLEE_SAVED(LOAD) EACH_OTHER(LOAD)
    "std\n\t"
    "stc\n"
    "1:\n\t"
    "decq 120(%rsp)\n\t"       // leaves the carry flag alone
    "jnz 1b\n\t"
    "jnc 2f\n\t"
    "pushfq\n\t"
    "testl $0x400, (%rsp)\n\t" // the direction flag
    "leaq 8(%rsp), %rsp\n\t"
    "jz 2f\n\t"
    EACH_CALLEE_SAVED(COMPARE) EACH_OTHER(COMPARE)
    "xorl %eax, %eax\n\t"
    "jmp 3f\n"
    "2:\n\t"
    "movl $1, %eax\n"
    "3:\n\t"
    "cld\n\t"
    "addq $128, %rsp\n\t"
    POP_CALLEE_SAVED
    "ret\n");

/*
 * int registers_call(const u64 values[6], void (*fn)(void)): fill the registers that a function must
 * not change, call fn(), and compare. Returns 0 if all are as they were, 1 if not.
 * 56 bytes of return address and pushes, and 72 more: rsp is aligned to 16 at the call.
 */
int registers_call(const u64 values[6], void (*fn)(void));

asm(".text\n"
    "registers_call:\n\t"
    PUSH_CALLEE_SAVED
    "subq $72, %rsp\n\t"
    "movq %rsi, 64(%rsp)\n\t"
    EACH_CALLEE_SAVED(COPY) EACH_CALLEE_SAVED(LOAD)
    "call *64(%rsp)\n\t"
    EACH_CALLEE_SAVED(COMPARE)
    "xorl %eax, %eax\n\t"
    "jmp 3f\n"
    "2:\n\t"
    "movl $1, %eax\n"
    "3:\n\t"
    "addq $72, %rsp\n\t"
    POP_CALLEE_SAVED
    "ret\n");
// clang-format on

static void fill_values(u64 *values, struct rand_state *rand)
{
	for (u32 i = 0; i < WORDS; i++)
		values[i] = rand_next(rand);
}

/* ---- What happens meanwhile: timers, each of which wakes a better thread; NMIs ---------------------- */

struct storm {
	struct ktimer timer;
	struct noter noter;
	bool stop;
};

static void storm_tick(struct ktimer *timer)
{
	struct storm *storm = container_of(timer, struct storm, timer);

	wake_up_process(storm->noter.actor.task);
	if (!READ_ONCE(storm->stop))
		timer_start(timer, clock_ns() + 60 * NSEC_PER_USEC);
}

static bool storm_begin(struct storm *storm, u32 cpu)
{
	storm->stop = false;
	timer_init(&storm->timer, storm_tick);
	if (!noter_start(&storm->noter, cpu, FIFO_HIGH))
		return false;
	timer_start(&storm->timer, clock_ns());
	return true;
}

static void storm_end(struct storm *storm)
{
	WRITE_ONCE(storm->stop, true);
	timer_cancel_sync(&storm->timer);
	noter_end(&storm->noter);
}

#define PREEMPTIONS 10

/* Until it was preempted a few times. Returns how often a register was changed. */
static int spin_until_preempted(u32 next_cpu)
{
	unsigned long preempted = current->nivcsw;
	struct rand_state rand;
	u64 values[WORDS];
	int changed = 0;

	rand_seed(&rand, (u64)current->pid);
	EXPECT(SPIN_UNTIL(({
		fill_values(values, &rand);
		test_nmi_send(next_cpu);
		changed += registers_spin(values, 10000);
		current->nivcsw - preempted >= PREEMPTIONS;
	})));
	return changed;
}

static int spin_in_storm(void *unused)
{
	u32 cpu = raw_smp_processor_id();
	struct storm storm;
	int changed;

	if (!EXPECT(storm_begin(&storm, cpu)))
		return 1;
	changed = spin_until_preempted(test_cpu(cpu + 1));
	storm_end(&storm);
	return changed;
}

static void spin_in_nmi(void)
{
	static const u64 zeros[WORDS];

	EXPECT_EQ(registers_spin(zeros, 10), 0);
}

TEST(registers_survive_interrupts)
{
	u32 cpu;

	test_nmi_init(spin_in_nmi);
	EXPECT_EQ(test_run_on_cpus(spin_in_storm, NULL), 0);
	for_each_online_cpu(cpu)
		EXPECT(test_nmi_wait(cpu));
	test_nmi_init(NULL);
}

/* ---- Across schedule() ----------------------------------------------------------------------------- */

static int switch_often(void *unused)
{
	unsigned long switches = current->nvcsw;
	struct rand_state rand;
	u64 values[WORDS];
	int changed = 0;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 8, 2000, 100) {
		fill_values(values, &rand);
		changed += registers_call(values, yield);
	}
	EXPECT(num_online_cpus() > 1 || current->nvcsw > switches);
	return changed;
}

/* More threads than CPUs, so that yield() switches, and idle CPUs take threads along. */
TEST(registers_survive_switches)
{
	EXPECT_EQ(test_run_threads(3 * num_online_cpus(), switch_often, NULL), 0);
}
