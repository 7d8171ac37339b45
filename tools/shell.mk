# How the shell is booted: part of the Makefile.
# SPDX-License-Identifier: MIT
#
#: make shell    boots to a shell on the serial line; `help` there, Ctrl-] X ends QEMU

# The fast profile's shell is in the explorer's kernel.
SHELL_ELF := $(if $(filter fast,$(PROFILE)),$(EXPLORED),$(OUT)/interlock.elf)
SHELL_KERNEL := $(if $(filter fast,$(PROFILE)),$(dir $(EXPLORED))explore-kernel.elf,$(OUT)/kernel.elf)

.PHONY: shell
shell: $(if $(filter fast,$(PROFILE)),explored,elf $(OUT)/kernel.elf)
	@$(PYTHON) tools/shell.py $(OPTIONS) --kernel $(SHELL_KERNEL) --elf $(SHELL_ELF) \
		--smp $(SMP) --wire $(BUILD)/wire
