# module.mk: make run MODULE=...: Linux modules, linked with the kernel into a kernel of its own.
# SPDX-License-Identifier: MIT
#
#:
#: With make run, debug and trace, Linux modules instead of the demos, with make shell for its
#: command module (docs/modules.md); with make explore and play, a scenario (docs/explorer.md):
#:   MODULE=path           foo.c, several, or a directory whose Makefile names obj-m
#:   PARAMS="a=1 b=x"      sets the modules' parameters; foo.a=1 only that of the module foo
#:   OPS="cat /dev/foo"    opens, reads and writes their files: kernel/files/programs.h
#:   RUNTIME=3             seconds from the end of init to the call of exit
#:   KDIR=path             make modules-linux: headers of a Linux, /lib/modules/.../build

MODULE  ?=
PARAMS  ?=
OPS     ?=
RUNTIME ?= 3
KDIR    ?=

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,MODULE PARAMS OPS RUNTIME KDIR)))
ifneq ($(MODULE),)
$(call complain,$(shell $(PYTHON) tools/module.py check -- $(call quote,$(MODULE))))
endif

MODULE_OUT := $(OUT)/module
MODULE_ELF := $(MODULE_OUT)/interlock.elf
# The layers below the tests, the benchmarks and the demos; test.c has the runner only.
MODULE_KERNEL := $(filter-out $(addprefix $(OUT)/,kernel/test/%_test.o kernel/bench/% modules/%),$(OBJS))
MODULE_KERNEL := $(filter-out $(OUT)/kernel/test/%,$(MODULE_KERNEL)) $(OUT)/kernel/test/test.o

# What kbuild asks of a module is less than what we ask of ourselves.
MODULE_COMPILER = $(CC) $(filter-out -W%,$(CFLAGS)) $(call instrument,) $(MODULE_FLAGS)

MODULE_OPTIONS = $(if $(MODULE),--kernel $(MODULE_OUT)/kernel.elf --elf $(MODULE_ELF) \
	--module=$(call quote,$(MODULE)) --params=$(call quote,$(PARAMS)) \
	--ops=$(call quote,$(OPS)) --runtime $(RUNTIME))

# The wrong programs and the right ones, which MODULE= runs.
EXERCISES := $(wildcard modules/right/*.c modules/wrong/*.c modules/explore/*.c)

# Tests on the host that have make run something: without what this make was told to test, and without
# what is for other commands than theirs.
NOT_THEIRS := RUN SMP ARGS STATS TIMEOUT SECONDS V MODULE PARAMS OPS RUNTIME LOCK BREAK SCRIPT SERVER \
	SCENARIO MODEL REPLAY BOUND CPUS MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKEFILES
PYTHON_TESTS := $(patsubst tools/%.py,$(BUILD)/host/%,$(wildcard tools/*_test.py))
HOST_BINARIES += $(PYTHON_TESTS)
# Those that build modules, in one place: never two at once.
MODULE_TESTS := module_test gdb_test
$(PYTHON_TESTS): $(BUILD)/host/%: tools/%.py tools/module.mk $(BUILD)/host/flags
	$(Q)printf '#!/bin/sh\nexec env $(NOT_THEIRS:%=-u %) $(PYTHON) tools/$*.py "$$@" $$PYTHON_TEST\n' >$@
	$(Q)chmod +x $@
test: export PYTHON_TEST := CC=$(CC) PROFILE=$(PROFILE) BUILD=$(BUILD) UP=$(UP) RWLOCK=$(RWLOCK) \
	ACCEL=$(ACCEL) MEM=$(MEM)

.PHONY: module
module: $(MODULE_KERNEL)
	@$(PYTHON) tools/module.py build --out $(MODULE_OUT) \
		--compiler=$(call quote,$(MODULE_COMPILER)) --linker=$(call quote,$(LD) $(LDFLAGS)) \
		--objects=$(call quote,$(MODULE_KERNEL)) --symbol-flags=$(call quote,$(SYMBOL_FLAGS)) \
		-- $(call quote,$(MODULE))

# ---- The same modules on Linux ------------------------------------------------------------------

LINUX_KERNEL := $(BUILD)/linux-kernel

.PHONY: modules-linux run-linux
modules-linux:
	@$(PYTHON) tools/linux_modules.py --linux $(LINUX_KERNEL) --out $(BUILD)/modules-linux \
		$(if $(KDIR),--kdir $(call quote,$(KDIR)))

run-linux:
	@$(PYTHON) tools/linux_run.py $(OPTIONS) --smp $(SMP) --linux $(LINUX_KERNEL) \
		--out $(BUILD)/run-linux --module=$(call quote,$(MODULE)) \
		--params=$(call quote,$(PARAMS)) --runtime $(RUNTIME)
