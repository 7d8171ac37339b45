# How the explorer and its kernel are built and run.
# SPDX-License-Identifier: MIT

# Linked twice, as the kernel is, but without tests and demos. The tables lie behind the code, which
# they do not move.
EXPLORE_PASS1 := $(OUT)/symbols/explore-pass1.elf
EXPLORE_TABLES := $(OUT)/symbols/explore.o $(OUT)/insns/explore.o

$(EXPLORE_PASS1): $(MODULE_KERNEL) $(OUT)/symbols/empty.o $(NO_INSNS) linker.ld $(OUT)/link-flags
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(filter %.o,$^)

$(OUT)/symbols/explore.bin: $(EXPLORE_PASS1) $(SYMBOL_TOOLS)
	$(call say,SYMBOLS,$@)
	$(Q)$(PYTHON) tools/mksymbols.py --data-in-place make $< $@

$(OUT)/insns/explore.bin: $(EXPLORE_PASS1) $(addprefix tools/,mkinsns.py liveness.py elf.py)
	$(call say,INSNS,$@)
	$(Q)$(PYTHON) tools/mkinsns.py $< $@

$(OUT)/explore.elf: $(EXPLORE_PASS1) $(EXPLORE_TABLES)
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(MODULE_KERNEL) $(EXPLORE_TABLES)

# What is booted: without what only gdb and our tools read.
$(OUT)/explore-kernel.elf: $(OUT)/explore.elf
	$(Q)objcopy --strip-all $< $@

# The kernel as it ships: the explorer steps the locks' own code, without checks.
FAST := RUN= SCENARIO= MODEL= REPLAY= BOUND= CPUS= STATS= UP= PROFILE=fast SMP=1
EXPLORED_OUT := $(BUILD)/$(CC)-fast$(if $(filter reader,$(RWLOCK)),-reader)
EXPLORED := $(EXPLORED_OUT)/explore.elf

# Room for two million states.
EXPLORE_MEM := $(if $(filter file,$(origin MEM)),512M,$(MEM))

explored:
	@$(MAKE) --silent MODULE= $(FAST) $(EXPLORED:.elf=-kernel.elf)

# With MODULE a kernel of its own, whose only scenarios are the module's.
EXPLORE_OUT := $(OUT)/explore-module
explore-module: $(MODULE_KERNEL)
	@$(PYTHON) tools/module.py build --insns --out $(EXPLORE_OUT) \
		--compiler=$(call quote,$(MODULE_COMPILER)) --linker=$(call quote,$(LD) $(LDFLAGS)) \
		--objects=$(call quote,$(filter-out $(OUT)/kernel/explore/scenario_% \
			$(OUT)/kernel/explore/litmus.o,$(MODULE_KERNEL))) \
		--symbol-flags=$(call quote,$(SYMBOL_FLAGS)) -- $(call quote,$(MODULE))

explored-module:
	@$(MAKE) --silent $(FAST) explore-module

EXPLORED_KIND = $(if $(MODULE),explored-module,explored)
EXPLORED_ELF = $(if $(MODULE),$(EXPLORED_OUT)/explore-module/interlock.elf,$(EXPLORED))
EXPLORED_KERNEL = $(if $(MODULE),$(EXPLORED_ELF:interlock.elf=kernel.elf), \
	$(EXPLORED:.elf=-kernel.elf))
EXPLORE_OPTIONS = --profile fast --kernel $(EXPLORED_KERNEL) --elf $(EXPLORED_ELF) \
	--mem $(EXPLORE_MEM) \
	--run=$(SCENARIO) --model=$(MODEL) --explored=$(call quote,$(MODULE))

explore: $(EXPLORED_KIND)
	@$(PYTHON) tools/explore.py $(OPTIONS) $(EXPLORE_OPTIONS) --replay=$(REPLAY) --bound=$(BOUND) \
		--cpus=$(CPUS) --json $(BUILD)/explore.json

play: $(EXPLORED_KIND)
	@$(PYTHON) tools/play.py $(OPTIONS) $(EXPLORE_OPTIONS)

# make debug with REPLAY: the explorer's kernel, stopped before the last step.
DEBUGGED = $(if $(REPLAY),$(EXPLORED_KIND),$(if $(MODULE),module,elf $(OUT)/kernel.elf))
DEBUG_OPTIONS = $(if $(REPLAY),$(EXPLORE_OPTIONS) --replay=$(REPLAY),$(MODULE_OPTIONS))

.PHONY: play explored-module explore-module
