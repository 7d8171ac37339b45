# How Interlock is built, run, tested and checked: `make help` lists the commands.
# SPDX-License-Identifier: MIT

#: make deps           installs what is missing (apt; names the packages for dnf, pacman and brew)
#: make doctor         checks the tools, and says how to mend what is wrong
#: make                builds build/interlock.elf and build/interlock.iso (make elf, make iso)
#: make list           names the demos, tests, locks, benchmarks and scenarios
#: make run            boots in QEMU and runs every demo; exit status 0 only if every check held
#: make shell          boots to a shell on the serial line; `help` there, Ctrl-] x ends QEMU
#: make trace          make run, with each switch, wake-up, wait and hold noted down: a summary, and
#:                     build/trace.json for https://ui.perfetto.dev
#: make debug          QEMU stopped at its GDB stub, with gdb attached to it; `help il` there
#: make run-linux      runs MODULE on Debian's Linux in the same QEMU (41 MB, fetched once)
#: make modules-linux  compiles the demos, modules/right and wrong against that Linux's headers
#: make explore        runs every interleaving of small scenarios of the locks' own machine code
#: make play           you are the scheduler: who takes the next step of SCENARIO, or of MODULE's?
#: make test           every test, on the host and booted; at the end `N passed, N failed`
#: make torture        tortures locks for SECONDS each, and their broken twins, which must fail
#: make linux-tests    Linux's own tests, of LINUX=path or Debian, run here (RUN=name: only these)
#: make mutants        makes each lock wrong in some way: which technique finds it? (hours)
#: make bench          what the locks cost: instructions, time, and under contention; also as JSON
#: make check          layers, lone headers, formatting, dead references, assembly, static analysis
#: make cost           records the instructions of each lock, which make check lets grow no more
#: make format         lays the C sources and docs/linux-api.md out as make check wants them
#: make clean          removes what was built
#:
#: Variables, on any command (or in the environment):
#:   SMP=4                 CPUs, 1 to 255 (make test: 1 2 3 4 8 unless given)
#:   MEM=256M              memory, from 32M (512M for make explore, play and shell)
#:   RUN=name[,name]       only these demos, tests or benchmarks
#:   LOCK=name[,name]      make torture: only these locks
#:   SCENARIO=name[,name]  make explore, play: only these; MODEL=sc or tso; REPLAY=token of one;
#:                         BOUND=n preemptions at most, CPUS=n: those with n threads
#:   SECONDS=10            how long make torture tortures each lock (make bench: 45, linux-tests: 3)
#:   SEED=1                where the pseudo-random choices start
#:   PROFILE=checked       checked: assertions, sanitizer, poison; fast: none of them;
#:                         race: checked, the race detector for the sanitizer
#:   UP=                   1: a kernel for one CPU, whose spinlocks are nothing; SMP is 1 then
#:   RWLOCK=fair           fair or reader: which of the two rwlock_t is
#:   CC=gcc                gcc or clang
#:   ACCEL=tcg             tcg, kvm, or tcg-single: one thread runs all CPUs in turn
#:   TIMEOUT=300           seconds until a run counts as hung (by default 5 more for each CPU)
#:   STATS=                1: counts what becomes of each lock, and prints Linux's lock_stat
#:   ARGS="key=value ..."  more words for the kernel's command line
#:   ONLY=layers           make check: only this one of its checks
#:   BUILD=build           where everything that is built goes
#:   V=1                   shows the commands

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
GOALS := $(or $(MAKECMDGOALS),all)

# As many jobs as there are CPUs, unless -j says otherwise; but one goal after the other, so that
# `make deps run` and `make clean all` mean what they say.
ifneq ($(words $(GOALS)),1)
.NOTPARALLEL:
else ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# ---- Variables ----------------------------------------------------------------------------------

UP       ?=
RWLOCK   ?= fair
TEST_SMP := $(if $(filter undefined,$(origin SMP)),$(if $(filter 1,$(UP)),1,1 2 3 4 8),$(SMP))
BENCH_SECONDS := $(if $(filter undefined,$(origin SECONDS)),45,$(SECONDS))
SMP      ?= $(if $(filter 1,$(UP)),1,4)
MEM      ?= 256M
RUN      ?=
LOCK     ?=
SECONDS  ?= 10
SEED     ?=
PROFILE  ?= checked
ACCEL    ?= tcg
TIMEOUT  ?=
ARGS     ?=
STATS    ?=
ONLY     ?=
BUILD    ?= build
V        ?=
ifeq ($(origin CC),default)
CC := gcc
endif

quote    = '$(subst ','\'',$(1))'
given    = $(foreach name,$(1),$(name)=$(call quote,$($(name))))
complain = $(if $(1),$(error $(1)))

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,UP RWLOCK SMP MEM PROFILE ACCEL CC V SEED TIMEOUT RUN LOCK SCENARIO) \
	$(call given,MODULE MODEL REPLAY BOUND CPUS SECONDS STATS STUB) \
	$(call given,ARGS ONLY LINUX BUILD)))

# A missing tool is named at once, unless it is about to be installed.
ifeq ($(filter deps doctor,$(GOALS)),)
absent := $(shell sh tools/deps.sh --missing $(call quote,$(CC) $(GOALS)))
$(call complain,$(if $(absent),not installed: $(absent); `make deps` installs what is missing))
endif

VARIANT := $(CC)-$(PROFILE)$(if $(filter 1,$(UP)),-up)$(if $(filter reader,$(RWLOCK)),-reader)
OUT := $(BUILD)/$(VARIANT)
Q   := $(if $(filter 1,$(V)),,@)
say  = @printf '  %-7s %s\n' $(1) $(2)
# -B: no __pycache__ among the sources.
PYTHON := /usr/bin/python3 -B

# ---- Sources, in layer order: the order of linking, and a good order of reading -----------------

# 0: knows nothing of the kernel; also tested on the host
SRCS := $(addprefix lib/,list_check.c list_sort.c rbtree.c sort.c string.c strings.c kstrtox.c \
	scan.c line.c math.c crc32.c kfifo.c errname.c format.c format_pointer.c hexdump.c \
	cmdline.c)
# 2: what every CPU knows of itself
SRCS += $(addprefix kernel/base/,cpu.c misuse.c hooks.c bh.c held.c trace.c)
# 3: locks that never give up the CPU
SRCS += $(addprefix kernel/locking/spin/,ticket.c mcs.c spinlock.c rwlock_reader.c)
SRCS += $(addprefix kernel/locking/,lockdep.c lockdep_maps.c lockdep_class.c lockdep_graph.c)
SRCS += $(addprefix kernel/locking/,lockdep_usage.c lockdep_chain.c lockdep_unit.c lockstat.c)
SRCS += $(addprefix kernel/locking/spin/,rwlock_fair.c rwlock.c seqlock.c osq.c)
# 4: messages, the end, memory, time; and what names code and catches its errors
SRCS += $(addprefix kernel/core/, \
	printk.c printk_ring.c printk_console.c panic.c warn.c misuse_report.c leak.c memory_map.c \
	page_boot.c page.c stack.c slab.c slab_check.c slab_walk.c kmalloc.c vmalloc.c kstrdup.c \
	percpu.c percpu_counter.c refcount.c timer.c hrtimer.c smpcall.c irq_work.c cpu_stack.c \
	parallel.c softirq.c timer_list.c timer_check.c random.c ratelimit.c printk_dump.c \
	utsname.c)
SRCS += $(addprefix kernel/debug/, \
	lockdep_words.c lockdep_report.c lockdep_stats.c lockstat_report.c symbols.c gdb_packet.c \
	gdb_line.c gdb_commands.c gdbstub.c trace_dump.c stack_protector.c ubsan.c race.c \
	race_report.c race_tsan.c)
# 5: the machine: how it starts; traps and memory; its tables and interrupts; time; the other CPUs
SRCS += $(addprefix boot/,multiboot2.asm start.asm trampoline.asm)
SRCS += $(addprefix arch/x86_64/, \
	serial.c wire.c multiboot.c multiboot_build.c elf.c exit.c descriptor.c entry.asm trap.c \
	trap_report.c panic.asm machine_check.c page_table.c paging.c acpi.c acpi_madt.c lapic.c \
	ioapic.c ipi.c counter.c pit.c pmtimer.c hpet.c tsc.c tsc_compare.c clock.c clock_event.c \
	context.c switch.asm smp_prepare.c smp.c machine.c handover.c insn.c step_entry.asm step.c \
	debugger.c debug_event.c debug_line.c debug_memory.c debug_watch.c debug_step.c \
	debug_registers.c wait_loop.c)
# 6: threads, and who runs where
SRCS += $(addprefix kernel/sched/,task.c task_debug.c runqueue.c sched.c wakeup.c prio.c sleep.c \
	signal.c pid.c)
# 7: locks that may give up the CPU
SRCS += $(addprefix kernel/locking/sleep/, \
	wait.c swait.c completion.c semaphore.c mutex.c wait_bit.c rwsem.c rwsem_check.c \
	percpu_rwsem.c rtmutex.c rtmutex_chain.c rtmutex_check.c srcu.c srcu_callback.c)
SRCS += $(addprefix kernel/locking/,rcu.c rcu_callback.c)
# 8: what ties it together
SRCS += $(addprefix kernel/, \
	kthread.c kthread_worker.c kthread_worker_make.c wait_woken.c ksoftirqd.c tasklet.c \
	workqueue.c notifier.c xarray.c idr.c workqueue_flush.c worker.c workqueue_walk.c \
	wait_graph.c wait_report.c watchdog.c names.c module.c module_param.c demo.c module_left.c \
	module_spin.c module_still.c module_run.c jiffies_variable.c test/test.c irq_line.c \
	mempool.c stop_machine.c handover.c shell_load.c shell_explore.c shell_commands.c shell.c \
	options.c main.c)
include kernel/files/sources.mk
include kernel/explore/sources.mk
# 9: what runs on top: the tests, the benchmarks, and the demos
include kernel/test/sources.mk
SRCS += $(addprefix modules/, \
	lost_update.c ticket_order.c spin_fairness.c rwlock_readers.c torn_read.c semaphore_pool.c \
	mutex_demo.c mutex_paths.c lock_order.c deadlock_graph.c interruptible.c rwsem_demo.c \
	bounded_buffer.c dining_philosophers.c deferred_work.c mars_pathfinder.c rcu_list.c)

# The image of the symbol table is not in the list: it is linked twice, empty and full.
SYMBOLS  := kernel/debug/symbols_image.asm
INSNS    := arch/x86_64/insns_image.asm
SYMBOL_FLAGS := $(if $(filter race,$(PROFILE)),--data)
SYMBOL_TOOLS := $(addprefix tools/,mksymbols.py symbolize.py dwarfline.py elf.py)
LAYOUT   := arch/x86_64/include/arch/layout.h
HOST_TESTS := $(wildcard lib/test/*_test.c)
# What only some profile has.
UNUSED   := $(if $(filter race,$(PROFILE)),,kernel/debug/race%) \
	$(if $(filter fast,$(PROFILE)),,kernel/explore/% arch/x86_64/insn% arch/x86_64/step%)
OBJS     := $(addprefix $(OUT)/,$(addsuffix .o,$(basename $(filter-out $(UNUSED),$(SRCS)))))

# ---- Flags --------------------------------------------------------------------------------------

# Callbacks have the parameters that their caller gives them, used or not.
WARNINGS := -Wall -Wextra -Wno-unused-parameter -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wundef

# No SSE registers in the kernel, no red zone under an interrupt's frame, and nothing that a
# distribution's compiler adds on its own. A frame pointer in every function and a call for every
# call: a backtrace must name the function that took the lock, even if that was its last statement.
KERNEL_FLAGS := -std=gnu11 -O2 -g $(WARNINGS) -I. -Iarch/x86_64/include \
	-ffreestanding -fno-pie -fno-pic -mno-red-zone -mgeneral-regs-only -mcmodel=small \
	-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls \
	-fno-strict-aliasing -fno-common -fno-asynchronous-unwind-tables \
	-fno-stack-clash-protection -fcf-protection=none -U_FORTIFY_SOURCE \
	-fstack-protector-strong -mstack-protector-guard=global \
	-ffile-prefix-map=$(call quote,$(CURDIR)/)=

# Race detector and sanitizer together do not fit below 8 MiB, where UEFI's firmware is (linker.ld).
# gcc's check of bools takes the volatile off their READ_ONCE() (gcc 12, ubsan.c).
SANITIZE_gcc  := -fno-sanitize=bool
FLAGS_checked := -DCONFIG_CHECKED=1 -fsanitize=undefined $(SANITIZE_$(CC))
FLAGS_fast    := -DCONFIG_CHECKED=0
FLAGS_race    := -DCONFIG_CHECKED=1 -DCONFIG_RACE=1

# What makes the compiler call the race detector at each access: at volatile ones, which are the
# marked ones, by other functions, and at no function's begin and end.
INSTRUMENT_gcc   := --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0
INSTRUMENT_clang := -mllvm -tsan-distinguish-volatile=1 -mllvm -tsan-instrument-func-entry-exit=0
INSTRUMENT := -fsanitize=thread $(INSTRUMENT_$(CC)) -DCONFIG_INSTRUMENTED=1

# Not instrumented: the detector, which would call itself; and a debugger's end, which looks at what
# CPUs were stopped at. Nothing else: it is deaf until the other CPUs are up, and to a CPU that
# panics; assembly calls it only where it says so (lib/instrument.h).
EXEMPT := kernel/debug/race%.c kernel/debug/gdb%.c arch/x86_64/debug%.c

# DWARF 4: binutils does not see where functions were inlined in what clang writes by default.
CLANG_FLAGS   := --target=x86_64-linux-gnu -gdwarf-4

CFLAGS := $(KERNEL_FLAGS) $(if $(filter clang,$(CC)),$(CLANG_FLAGS)) \
	$(FLAGS_$(PROFILE)) \
	$(if $(filter 1,$(UP)),-DCONFIG_UP=1) \
	$(if $(filter reader,$(RWLOCK)),-DCONFIG_RWLOCK_FAIR=0)
# Not sanitized: of a spinlock's pair that is 520 of 1284 instructions.
PLAIN := kernel/locking/lockdep% kernel/base/held.c kernel/base/hooks.c kernel/base/misuse.c
# More flags of the source $(1).
instrument = $(if $(filter race,$(PROFILE)),$(if $(filter $(EXEMPT),$(1)),,$(INSTRUMENT)), \
	$(if $(filter $(PLAIN),$(1)),-fno-sanitize=all))
MODULE_FLAGS := -Iinclude -D__INTERLOCK__ -D__KERNEL__
NASMFLAGS := -f elf64 -g -F dwarf -Werror -I$(OUT)/ -I./ \
	-DCONFIG_CHECKED=$(if $(filter fast,$(PROFILE)),0,1)
LD      := ld
LDFLAGS := -m elf_x86_64 -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none \
	--fatal-warnings
HOSTFLAGS := -std=gnu11 -g -O1 $(WARNINGS) -I. -Ilib/test/include -DINTERLOCK_HOST=1 \
	-fsanitize=address,undefined -fno-sanitize-recover=all

# ---- Objects ------------------------------------------------------------------------------------

# A stamp is a file that changes when its text does: whoever depends on it is made again when the
# flags are others, and `make` after `make` does nothing.
define stamp
ifneq ($$(file <$(1)),$(strip $(2)))
$(1): FORCE
endif
$(1):
	$$(Q)mkdir -p $$(@D) && printf '%s\n' $(call quote,$(strip $(2))) >$$@
endef
FORCE:
.PHONY: FORCE

$(eval $(call stamp,$(OUT)/flags,$(CC) $(CFLAGS) | $(INSTRUMENT) but $(EXEMPT), $(PLAIN) \
	| $(MODULE_FLAGS) | nasm $(NASMFLAGS)))
$(eval $(call stamp,$(OUT)/link-flags,$(LD) $(LDFLAGS) $(SRCS)))
$(eval $(call stamp,$(BUILD)/host/flags,gcc $(HOSTFLAGS)))
$(eval $(call stamp,$(BUILD)/current,$(VARIANT)))

$(OUT)/%.o: %.c $(OUT)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(call instrument,$<) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(OUT)/modules/%.o: modules/%.c $(OUT)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(call instrument,$<) $(MODULE_FLAGS) -DKBUILD_MODNAME='"$*"' \
		-MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(OUT)/%.o: %.asm $(OUT)/layout.inc arch/x86_64/frame.inc $(OUT)/flags
	$(call say,NASM,$<)
	$(Q)mkdir -p $(@D)
	$(Q)nasm $(NASMFLAGS) -o $@ $< && objcopy --wildcard --strip-symbol='..@*' $@

# layout.h for nasm: its #defines alone, without comments and the suffixes of C's numbers.
$(OUT)/layout.inc: $(LAYOUT) $(OUT)/flags
	$(call say,GEN,$@)
	$(Q)sed -n -e 's,[[:space:]]*//.*,,' -e 's,/\*.*\*/,,g' \
		-e 's/\<\(0x[0-9a-fA-F]*\|[0-9][0-9]*\)[uUlL]\{1,3\}\>/\1/g' \
		-e 's/^#define/%define/p' $< >$@

-include $(OBJS:.o=.d)

# ---- The kernel: linked twice, the second time with the symbols of the first --------------------

$(OUT)/symbols/empty.bin: $(OUT)/flags
	$(Q)mkdir -p $(@D) && head -c 16 /dev/zero >$@

$(OUT)/symbols/full.bin: $(OUT)/symbols/pass1.elf $(SYMBOL_TOOLS)
	$(call say,SYMBOLS,$@)
	$(Q)$(PYTHON) tools/mksymbols.py $(SYMBOL_FLAGS) make $< $@

$(OUT)/symbols/%.o: $(OUT)/symbols/%.bin $(SYMBOLS)
	$(Q)nasm -f elf64 -DIMAGE='"$<"' -o $@ $(SYMBOLS)

# What the explorer knows of each instruction, in its kernel; in others nothing.
$(OUT)/insns/empty.bin: $(OUT)/flags
	$(Q)mkdir -p $(@D) && : >$@

$(OUT)/insns/%.o: $(OUT)/insns/%.bin $(INSNS)
	$(Q)nasm -f elf64 -DIMAGE='"$<"' -o $@ $(INSNS)

NO_INSNS := $(OUT)/insns/empty.o

$(OUT)/symbols/pass1.elf: $(OBJS) $(OUT)/symbols/empty.o $(NO_INSNS) linker.ld $(OUT)/link-flags
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(OBJS) $(OUT)/symbols/empty.o $(NO_INSNS)

$(OUT)/interlock.elf: $(OUT)/symbols/pass1.elf $(OUT)/symbols/full.o
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(OBJS) $(OUT)/symbols/full.o $(NO_INSNS)
	$(Q)$(PYTHON) tools/mksymbols.py $(SYMBOL_FLAGS) verify $(OUT)/symbols/pass1.elf $@

# What GRUB loads: the same kernel without what only gdb reads, which is most of the file.
$(OUT)/kernel.elf: $(OUT)/interlock.elf
	$(Q)objcopy --strip-all $< $@

$(OUT)/interlock.iso: $(OUT)/kernel.elf iso/boot/grub/grub.cfg tools/iso.py
	$(call say,ISO,$@)
	$(Q)$(PYTHON) tools/iso.py --kernel $< --menu iso/boot/grub/grub.cfg --output $@ \
		$(if $(filter race,$(PROFILE)),--limit 6000000)

$(BUILD)/interlock.%: $(OUT)/interlock.% $(BUILD)/current
	$(Q)cp $< $@

# ---- Tests on the host --------------------------------------------------------------------------

# Line 3 of a test names the sources it is linked with (`// sources: ...`), line 4 its flags.
HOST_SRCS = $$(sed -n 's,^// sources:,,p' $<)
HOST_FLAGS = $(HOSTFLAGS) $$(sed -n 's,^// flags:,,p' $<)

$(BUILD)/host/%: lib/test/%.c $(BUILD)/host/flags
	$(call say,HOSTCC,$<)
	$(Q)gcc $(HOST_FLAGS) -MM -MP -MT $@ $< $(HOST_SRCS) >$@.d
	$(Q)printf '%s:\n' $(HOST_SRCS) >>$@.d
	$(Q)gcc $(HOST_FLAGS) $< $(HOST_SRCS) -lcmocka -o $@

HOST_BINARIES := $(patsubst lib/test/%.c,$(BUILD)/host/%,$(HOST_TESTS))
-include $(addsuffix .d,$(HOST_BINARIES))
include tools/module.mk tools/linux.mk tools/mutants.mk

# ---- Commands -----------------------------------------------------------------------------------

.PHONY: all elf iso help deps list run test torture bench cost explore explored check
.PHONY: format clean

all: elf iso
elf: $(BUILD)/interlock.elf
iso: $(BUILD)/interlock.iso

help:
	@sed -n 's/^#: \{0,1\}//p' $(filter Makefile %.mk,$(MAKEFILE_LIST))

deps:
	@sh tools/deps.sh

list:
	@sh tools/validate.sh --list

OPTIONS = --kernel $(OUT)/kernel.elf --elf $(OUT)/interlock.elf --logs $(BUILD)/logs \
	--mem $(MEM) --accel $(ACCEL) --seed $(or $(SEED),1) $(if $(TIMEOUT),--timeout $(TIMEOUT)) \
	--run=$(call quote,$(RUN)) --args=$(call quote,$(ARGS)) --cc $(CC) --profile $(PROFILE) \
	--up=$(UP) --rwlock $(RWLOCK) --stats=$(STATS)

include kernel/explore/explore.mk tools/debug.mk tools/trace.mk tools/shell.mk tools/check.mk
include tools/report.mk

# A variable that nobody reads would be ignored.
$(call complain,$(shell sh tools/known.sh $(call quote,$(filter Makefile %.mk,$(MAKEFILE_LIST))) \
	$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))))

run: $(if $(MODULE),module,elf $(OUT)/kernel.elf)
	@$(PYTHON) tools/run.py $(OPTIONS) $(MODULE_OPTIONS) --smp $(SMP)

test: elf $(OUT)/kernel.elf $(HOST_BINARIES) $(if $(RUN),,explored)
	@$(PYTHON) tools/test.py $(OPTIONS) --smp $(call quote,$(TEST_SMP)) \
		--explore $(EXPLORED) --host $(call quote,$(HOST_BINARIES)) \
		--makers $(call quote,$(MODULE_TESTS)) \
		--makers $(call quote,$(filter-out $(MODULE_TESTS),$(notdir $(PYTHON_TESTS))))

# LOCK takes the place of RUN: both go to the kernel as run=.
torture: RUN = $(LOCK)
torture: elf $(OUT)/kernel.elf
	@$(PYTHON) tools/torture.py $(OPTIONS) --smp $(SMP) --seconds $(SECONDS) \
		--locks $(shell sh tools/validate.sh --count-locks $(call quote,$(LOCK)))

# What is measured is the fast profile, whatever PROFILE says, and what the checks add to it.
bench: $(foreach profile,fast checked,check-build-$(CC)-$(profile))
	@$(PYTHON) tools/bench.py $(OPTIONS) --profile fast --smp $(SMP) \
		--seconds $(BENCH_SECONDS) --json $(BUILD)/bench.json \
		$(foreach profile,fast checked,--$(profile) $(BUILD)/$(CC)-$(profile)/interlock.elf)

cost: check-build-gcc-fast check-build-clang-fast
	@$(PYTHON) tools/check_cost.py $(BUILD)

format:
	@$(PYTHON) tools/check_format.py --fix
	@$(PYTHON) tools/linux_api.py --write

clean:
	$(Q)rm -rf $(BUILD)
