# How the explorer and its kernel are built and run.
# SPDX-License-Identifier: MIT

$(OUT)/insns/full.bin: $(OUT)/interlock.elf $(addprefix tools/,mkinsns.py liveness.py elf.py)
	$(call say,INSNS,$@)
	$(Q)$(PYTHON) tools/mkinsns.py $< $@

$(OUT)/explore.elf: $(OUT)/interlock.elf $(OUT)/insns/full.o
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(OBJS) $(OUT)/symbols/full.o $(OUT)/insns/full.o

# The kernel as it ships: the explorer steps the locks' own code, without checks.
EXPLORED := $(BUILD)/$(CC)-fast/explore.elf

explored:
	@$(MAKE) --silent RUN= SCENARIO= MODEL= REPLAY= BOUND= CPUS= UP= RWLOCK=fair PROFILE=fast SMP=1 $(EXPLORED)

explore: RUN = $(SCENARIO)
explore: explored
	@$(PYTHON) tools/explore.py $(OPTIONS) --profile fast --elf $(EXPLORED) --mem 512M \
		--model=$(MODEL) --replay=$(REPLAY) --bound=$(BOUND) --cpus=$(CPUS) \
		--json $(BUILD)/explore.json
