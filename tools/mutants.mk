# mutants.mk: wrong locks, and which technique finds each.
# SPDX-License-Identifier: MIT
#
#:
#: With make mutants:
#:   MUTANT=name[,name]    only these; TECHNIQUES=sc,tso (the explorer alone, some minutes), test,
#:                         torture,race (all: hours); RUNS=3 of torture each

MUTANT     ?=
TECHNIQUES ?= sc,tso,test,torture,race
RUNS       ?= 3

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,MUTANT TECHNIQUES RUNS)))

mutants:
	@$(PYTHON) tools/mutants.py --build $(BUILD) --mutant=$(MUTANT) \
		--techniques=$(TECHNIQUES) --runs $(RUNS)

.PHONY: mutants
