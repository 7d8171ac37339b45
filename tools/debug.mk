# debug.mk: make debug and make doctor: part of the Makefile.
# SPDX-License-Identifier: MIT
#
#:
#: With make debug:
#:   BREAK=place[,place]   stops there first (kmain): functions, or file.c:line
#:   SCRIPT=path           gdb runs the commands in this file, and ends
#:   SERVER=port           no gdb: QEMU waits for one on this port, and ends with it
#:   STUB=qemu             kernel: gdb speaks with the kernel itself, over COM2, as on a real PC

BREAK  ?=
SCRIPT ?=
SERVER ?=
STUB   ?= qemu

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,STUB BREAK SCRIPT SERVER)))

.PHONY: debug doctor

debug: $(DEBUGGED)
	@$(PYTHON) tools/debug.py $(OPTIONS) --smp $(SMP) $(DEBUG_OPTIONS) \
		--stub $(STUB) --stop=$(call quote,$(BREAK)) \
		$(if $(SCRIPT),--script $(call quote,$(SCRIPT))) \
		$(if $(SERVER),--server $(SERVER))

doctor:
	@sh tools/doctor.sh
