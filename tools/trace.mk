# How a trace is made: part of the Makefile.
# SPDX-License-Identifier: MIT

.PHONY: trace
trace: $(if $(MODULE),module,elf $(OUT)/kernel.elf)
	@$(PYTHON) tools/trace.py $(OPTIONS) $(MODULE_OPTIONS) --smp $(SMP) --json $(BUILD)/trace.json
