# How the shell is booted: part of the Makefile.
# SPDX-License-Identifier: MIT
#
#: make shell    boots to a shell on the serial line; `help` there, Ctrl-] x ends QEMU

.PHONY: shell
shell: elf $(OUT)/kernel.elf
	@$(PYTHON) tools/shell.py $(OPTIONS) --smp $(SMP) --wire $(BUILD)/wire
