# module.mk: make run MODULE=...: Linux modules, linked with the kernel into a kernel of its own.
# SPDX-License-Identifier: MIT
#
#: With make run and make debug, Linux modules instead of the demos (docs/modules.md):
#:   MODULE=path           foo.c, several, or a directory whose Makefile names obj-m
#:   PARAMS="a=1 b=x"      sets the modules' parameters; foo.a=1 only that of the module foo
#:   OPS="cat /dev/foo"     opens, reads and writes their files: kernel/files/programs.h
#:   RUNTIME=3             seconds from the end of init to the call of exit

MODULE  ?=
PARAMS  ?=
OPS     ?=
RUNTIME ?= 3

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,MODULE PARAMS OPS RUNTIME)))
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

# The wrong programs and the right ones, which MODULE= runs; and a test on the host that has make run them.
EXERCISES := $(wildcard modules/right/*.c modules/wrong/*.c)

HOST_BINARIES += $(BUILD)/host/module_test
$(BUILD)/host/module_test: tools/module.mk $(BUILD)/host/flags
	$(Q)printf '#!/bin/sh\nexec $(PYTHON) tools/module_test.py "$$@" $$MODULE_TEST\n' >$@
	$(Q)chmod +x $@
test: export MODULE_TEST := CC=$(CC) PROFILE=$(PROFILE) BUILD=$(BUILD) UP=$(UP) RWLOCK=$(RWLOCK) \
	ACCEL=$(ACCEL) MEM=$(MEM)

.PHONY: module
module: $(MODULE_KERNEL)
	@$(PYTHON) tools/module.py build --out $(MODULE_OUT) \
		--compiler=$(call quote,$(MODULE_COMPILER)) --linker=$(call quote,$(LD) $(LDFLAGS)) \
		--objects=$(call quote,$(MODULE_KERNEL)) --symbol-flags=$(call quote,$(SYMBOL_FLAGS)) \
		-- $(call quote,$(MODULE))
