# debug.mk: make debug and make doctor: part of the Makefile.
# SPDX-License-Identifier: MIT
#
#: With make debug:
#:   BREAK=place[,place]   stops there first (kmain): functions, or file.c:line
#:   SCRIPT=path           gdb runs the commands in this file, and ends
#:   SERVER=port           no gdb: QEMU waits for one on this port, and ends with it

BREAK  ?=
SCRIPT ?=
SERVER ?=

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,BREAK SCRIPT SERVER)))

.PHONY: debug doctor

debug: $(if $(MODULE),module,elf $(OUT)/kernel.elf)
	@$(PYTHON) tools/debug.py $(OPTIONS) $(MODULE_OPTIONS) --smp $(SMP) \
		--stop=$(call quote,$(BREAK)) $(if $(SCRIPT),--script $(call quote,$(SCRIPT))) \
		$(if $(SERVER),--server $(SERVER))

HOST_BINARIES += $(BUILD)/host/gdb_test
$(BUILD)/host/gdb_test: tools/debug.mk $(BUILD)/host/flags
	$(Q)printf '#!/bin/sh\nexec $(PYTHON) tools/gdb_test.py "$$@" $$MODULE_TEST\n' >$@
	$(Q)chmod +x $@

HOST_BINARIES += $(BUILD)/host/doctor_test
$(BUILD)/host/doctor_test: tools/debug.mk $(BUILD)/host/flags
	$(Q)printf '#!/bin/sh\nexec $(PYTHON) tools/doctor_test.py\n' >$@
	$(Q)chmod +x $@

doctor:
	@sh tools/doctor.sh
