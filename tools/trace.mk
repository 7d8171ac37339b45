# How a trace is made: part of the Makefile.
# SPDX-License-Identifier: MIT
#
#: make trace    make run, with every switch, wake-up, wait and hold noted down; writes
#:               build/trace.json for https://ui.perfetto.dev, and a summary

.PHONY: trace
trace: $(if $(MODULE),module,elf $(OUT)/kernel.elf)
	@$(PYTHON) tools/trace.py $(OPTIONS) $(MODULE_OPTIONS) --smp $(SMP) --json $(BUILD)/trace.json
