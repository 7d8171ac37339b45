# How a report is made: part of the Makefile.
# SPDX-License-Identifier: MIT
#
#: make report   runs the demos and the benchmarks of spinlocks (SECONDS=30), and writes
#:               build/report/index.html: the results, pictures, and what became of the locks

REPORT_SECONDS = $(if $(filter file,$(origin SECONDS)),30,$(SECONDS))
REPORT = $(BUILD)/report
DEMOS = $(basename $(notdir $(filter modules/%.c,$(SRCS))))

.PHONY: report
report: elf $(OUT)/kernel.elf check-build-$(CC)-fast
	@$(PYTHON) tools/report.py $(OPTIONS) --smp $(SMP) --seconds $(REPORT_SECONDS) \
		--fast $(BUILD)/$(CC)-fast/interlock.elf --demos $(call quote,$(DEMOS)) \
		--report $(REPORT)
