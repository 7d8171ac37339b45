# Files of Linux, compiled unmodified into a kernel of this one's objects: part of the Makefile.
# SPDX-License-Identifier: MIT
#
# They are fetched (tools/linux_files.py), never in this tree. A file finds <linux/...> here: in
# include/, or, what only such files need, in kernel/test/linux/include/, where there may also be a
# header of its own name, which is included ahead of it. Our sources that go with it are in
# kernel/test/linux/; modules, which `make run` would know by their file's name.

# What is fetched: the self-test of lockdep, which is linked with everything; and modules, each of which
# is compiled and started as MODULE= is, with the header that they share and kunit.c, which is ours.
LINUX_SELFTEST := lib/locking-selftest.c
LINUX_TORTURE := kernel/torture.c kernel/locking/locktorture.c kernel/rcu/refscale.c \
	kernel/scftorture.c
LINUX_TESTS := lib/atomic64_test.c lib/test_bitops.c lib/list-test.c lib/test_list_sort.c \
	lib/test_sort.c lib/cpumask_kunit.c lib/is_signed_type_kunit.c lib/test_string.c \
	lib/test_strscpy.c lib/test_scanf.c lib/test_hexdump.c lib/percpu_test.c lib/test-kstrtox.c
LINUX_FILES := $(LINUX_SELFTEST) lib/locking-selftest-*.h include/linux/torture.h \
	tools/testing/selftests/kselftest_module.h \
	$(LINUX_TORTURE) $(LINUX_TESTS)
LINUX_SELFTEST_SRCS := kernel/test/linux/locking_selftest.c
LINUX_MODULE_SRCS := kernel/test/linux/kunit.c
LINUX_SRCS := $(LINUX_SELFTEST_SRCS) $(LINUX_MODULE_SRCS)

LINUX_DIR  := $(BUILD)/linux
LINUX_OUT  := $(OUT)/linux
LINUX_OBJS := $(addprefix $(LINUX_OUT)/,$(LINUX_SELFTEST:.c=.o)) \
	$(addprefix $(OUT)/,$(LINUX_SELFTEST_SRCS:.c=.o))

# Warnings are for whoever wrote the file. Linux's files define some variables that we have too
# (-fcommon). Functions that are alike are to stay apart: gcc makes them one, clang does not.
LINUX_FLAGS_gcc := -fno-ipa-icf
LINUX_MODULE_FLAGS := -include kernel/test/linux/include/kselftest.h \
	-Ikernel/test/linux/include -I$(LINUX_DIR)/include
LINUX_FLAGS := -w -fcommon $(LINUX_FLAGS_$(CC)) -Ikernel/test/linux/include $(MODULE_FLAGS)
# How long each lock is tortured.
LINUX_SECONDS := $(if $(filter file,$(origin SECONDS)),3,$(SECONDS))

LINUX_FETCH = $(PYTHON) tools/linux_files.py --into $(LINUX_DIR) --linux=$(call quote,$(LINUX)) \
	$(foreach file,$(LINUX_FILES),$(call quote,$(file)))

$(LINUX_DIR)/stamp: FORCE
	@$(LINUX_FETCH)

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

$(LINUX_OUT)/pass1.elf: $(MODULE_KERNEL) $(LINUX_OBJS) $(OUT)/symbols/empty.o linker.ld $(OUT)/link-flags
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(MODULE_KERNEL) $(LINUX_OBJS) $(OUT)/symbols/empty.o

$(LINUX_OUT)/full.bin: $(LINUX_OUT)/pass1.elf $(SYMBOL_TOOLS)
	$(Q)$(PYTHON) tools/mksymbols.py $(SYMBOL_FLAGS) make $< $@

$(LINUX_OUT)/interlock.elf: $(LINUX_OUT)/full.bin
	$(call say,LD,$@)
	$(Q)nasm -f elf64 -DIMAGE='"$<"' -o $(LINUX_OUT)/full.o $(SYMBOLS)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(MODULE_KERNEL) $(LINUX_OBJS) $(LINUX_OUT)/full.o
	$(Q)$(PYTHON) tools/mksymbols.py $(SYMBOL_FLAGS) verify $(LINUX_OUT)/pass1.elf $@

$(LINUX_OUT)/kernel.elf: $(LINUX_OUT)/interlock.elf
	$(Q)objcopy --strip-all $< $@

-include $(LINUX_OBJS:.o=.d)

# ---- Commands -----------------------------------------------------------------------------------

.PHONY: linux-selftest linux-tests linux-tests-run

linux-selftest: RUN = locking_selftest
linux-selftest: $(LINUX_OUT)/kernel.elf
	@$(PYTHON) tools/run.py $(OPTIONS) --kernel $(LINUX_OUT)/kernel.elf \
		--elf $(LINUX_OUT)/interlock.elf --smp $(SMP) --goal linux-selftest

# Where the sources cannot be had, there is nothing to fail: one line says why. A make of its own, for
# what it builds depends on what was fetched.
linux-tests:
	@$(LINUX_FETCH); status=$$?; \
	case $$status in \
	0) $(MAKE) --no-print-directory linux-tests-run ;; \
	77) echo "1..0 # SKIP Linux's sources cannot be had here, see above" ;; \
	*) exit $$status ;; \
	esac

LINUX_MODULES := $(addprefix $(LINUX_DIR)/,$(LINUX_TORTURE) $(LINUX_TESTS)) $(LINUX_MODULE_SRCS)

linux-tests-run: $(if $(filter fast,$(PROFILE)),,$(LINUX_OUT)/kernel.elf) $(MODULE_KERNEL)
	@$(PYTHON) tools/module.py build --out $(LINUX_OUT)/modules \
		--compiler=$(call quote,$(MODULE_COMPILER) $(LINUX_MODULE_FLAGS)) \
		--ahead kernel/test/linux/include \
		--linker=$(call quote,$(LD) $(LDFLAGS)) --objects=$(call quote,$(MODULE_KERNEL)) \
		--symbol-flags=$(call quote,$(SYMBOL_FLAGS)) -- $(call quote,$(LINUX_MODULES))
	@$(PYTHON) tools/linux_tests.py $(OPTIONS) --kernel $(LINUX_OUT)/modules/kernel.elf \
		--elf $(LINUX_OUT)/modules/interlock.elf --smp $(SMP) --sources $(LINUX_DIR) \
		$(if $(filter fast,$(PROFILE)),,--selftest $(LINUX_OUT)) \
		--seconds $(LINUX_SECONDS) --json $(BUILD)/linux-tests.json \
		$(LINUX_SELFTEST) $(LINUX_TORTURE:kernel/torture.c=) $(LINUX_TESTS)
