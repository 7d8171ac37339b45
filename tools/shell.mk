# How the shell is booted: part of the Makefile.
# SPDX-License-Identifier: MIT

# As for make explore, unless MEM says otherwise: it is the explorer that needs so much.
SHELL_MEM := $(if $(filter file,$(origin MEM)),512M,$(MEM))

.PHONY: shell
shell: $(if $(MODULE),module,elf $(OUT)/kernel.elf) explored
	@$(PYTHON) tools/shell.py $(OPTIONS) $(MODULE_OPTIONS) --mem $(SHELL_MEM) --smp $(SMP) \
		--wire $(BUILD)/wire --explorer $(EXPLORED:.elf=-kernel.elf)
