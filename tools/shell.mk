# How the shell is booted: part of the Makefile.
# SPDX-License-Identifier: MIT

.PHONY: shell
shell: elf $(OUT)/kernel.elf
	@$(PYTHON) tools/shell.py $(OPTIONS) --smp $(SMP) --wire $(BUILD)/wire
