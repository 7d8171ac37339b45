# Files of Linux, compiled unmodified into a kernel of this one's objects: part of the Makefile.
# SPDX-License-Identifier: MIT
#
# They are fetched (tools/linux_files.py), never in this tree. A file finds <linux/...> here: in
# include/, or, what only such files need, in kernel/test/linux/include/, where there may also be a
# header of its own name, which is included ahead of it. Our sources that go with it are in
# kernel/test/linux/; modules, which `make run` would know by their file's name.

# What is fetched, and of that what is compiled.
LINUX_FILES := lib/locking-selftest.c lib/locking-selftest-*.h kernel/torture.c \
	kernel/locking/locktorture.c kernel/rcu/refscale.c lib/atomic64_test.c lib/test_bitops.c \
	lib/list-test.c
LINUX_COMPILED := lib/locking-selftest.c
LINUX_SRCS := kernel/test/linux/locking_selftest.c

LINUX_DIR  := $(BUILD)/linux
LINUX_OUT  := $(OUT)/linux
LINUX_OBJS := $(addprefix $(LINUX_OUT)/,$(LINUX_COMPILED:.c=.o)) \
	$(addprefix $(OUT)/,$(LINUX_SRCS:.c=.o))

# Warnings are for whoever wrote the file. Linux's files define some variables that we have too
# (-fcommon). Functions that are alike are to stay apart: gcc makes them one, clang does not.
LINUX_FLAGS_gcc := -fno-ipa-icf
LINUX_FLAGS := -w -fcommon $(LINUX_FLAGS_$(CC)) -Ikernel/test/linux/include $(MODULE_FLAGS)

$(LINUX_DIR)/stamp: FORCE
	@$(PYTHON) tools/linux_files.py --into $(LINUX_DIR) --linux=$(call quote,$(LINUX)) \
		$(foreach file,$(LINUX_FILES),$(call quote,$(file)))

$(LINUX_OUT)/%.o: $(LINUX_DIR)/stamp $(OUT)/flags tools/linux.mk
	$(call say,CC,"Linux's $*.c")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -W%,$(CFLAGS)) $(call instrument,$*.c) $(LINUX_FLAGS) \
		-DKBUILD_MODNAME='"$(subst -,_,$(*F))"' \
		$(patsubst %,-include %,$(wildcard kernel/test/linux/include/$(*F).h)) \
		-MMD -MP -MF $(@:.o=.d) -c $(LINUX_DIR)/$*.c -o $@

$(OUT)/kernel/test/linux/%.o: kernel/test/linux/%.c $(OUT)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(call instrument,$<) $(MODULE_FLAGS) -DKBUILD_MODNAME='"$*"' \
		-MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(LINUX_OUT)/pass1.elf: $(OBJS) $(LINUX_OBJS) $(OUT)/symbols/empty.o linker.ld $(OUT)/link-flags
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(OBJS) $(LINUX_OBJS) $(OUT)/symbols/empty.o

$(LINUX_OUT)/full.bin: $(LINUX_OUT)/pass1.elf $(SYMBOL_TOOLS)
	$(Q)$(PYTHON) tools/mksymbols.py $(SYMBOL_FLAGS) make $< $@

$(LINUX_OUT)/interlock.elf: $(LINUX_OUT)/full.bin
	$(call say,LD,$@)
	$(Q)nasm -f elf64 -DIMAGE='"$<"' -o $(LINUX_OUT)/full.o $(SYMBOLS)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(OBJS) $(LINUX_OBJS) $(LINUX_OUT)/full.o
	$(Q)$(PYTHON) tools/mksymbols.py $(SYMBOL_FLAGS) verify $(LINUX_OUT)/pass1.elf $@

$(LINUX_OUT)/kernel.elf: $(LINUX_OUT)/interlock.elf
	$(Q)objcopy --strip-all $< $@

-include $(LINUX_OBJS:.o=.d)

# ---- Commands -----------------------------------------------------------------------------------

.PHONY: linux-selftest

linux-selftest: RUN = locking_selftest
linux-selftest: $(LINUX_OUT)/kernel.elf
	@$(PYTHON) tools/run.py $(OPTIONS) --kernel $(LINUX_OUT)/kernel.elf \
		--elf $(LINUX_OUT)/interlock.elf --smp $(SMP) --goal linux-selftest
