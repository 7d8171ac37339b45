# How the shell is booted: part of the Makefile.
# SPDX-License-Identifier: MIT

.PHONY: shell
shell: $(if $(MODULE),module,elf $(OUT)/kernel.elf) explored
	@$(PYTHON) tools/shell.py $(OPTIONS) $(MODULE_OPTIONS) --mem $(EXPLORE_MEM) --smp $(SMP) \
		--wire $(BUILD)/wire --explorer $(EXPLORED:.elf=-kernel.elf)
