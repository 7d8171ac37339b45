# What `make check` builds and looks at: part of the Makefile.
# SPDX-License-Identifier: MIT

# The checks of the assembly look at what both compilers make of both profiles.
VARIANTS := gcc-checked gcc-fast clang-checked clang-fast

# These must build too: the other rwlock, spinlocks that are nothing, and the race detector.
MORE_VARIANTS := gcc-checked-up gcc-checked-reader gcc-race

# Two of the checks look at what was built; any other alone needs no build.
check: $(if $(filter-out asm cost,$(ONLY)),,$(addprefix check-build-,$(VARIANTS) $(MORE_VARIANTS)))
	@$(PYTHON) tools/check.py --build $(BUILD) $(if $(ONLY),--only $(ONLY)) \
		--gcc $(call quote,gcc $(KERNEL_FLAGS)) \
		--clang $(call quote,clang $(KERNEL_FLAGS) $(CLANG_FLAGS)) \
		--checked=$(call quote,$(FLAGS_checked)) --fast=$(call quote,$(FLAGS_fast)) \
		--race=$(call quote,$(FLAGS_race) -DCONFIG_INSTRUMENTED=1) \
		--module-flags=$(call quote,$(MODULE_FLAGS)) \
		--host-flags=$(call quote,$(HOSTFLAGS)) \
		--sources $(call quote,$(SRCS)) \
		--more-sources $(call quote,$(SYMBOLS) $(INSNS) $(HOST_TESTS) \
			$(LINUX_SRCS) $(EXERCISES))

check-build-%:
	@$(MAKE) --silent RUN= STATS= CC=$(word 1,$(subst -, ,$*)) \
		PROFILE=$(word 2,$(subst -, ,$*)) UP=$(if $(findstring -up,$*),1) SMP=1 \
		RWLOCK=$(if $(findstring -reader,$*),reader,fair) $(BUILD)/$*/interlock.elf
