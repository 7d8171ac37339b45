# mutants.mk: wrong locks, and which technique finds each.
# SPDX-License-Identifier: MIT
#
#: make mutants  makes each lock wrong in some way, and tells which technique finds that (an hour)
#:   MUTANT=name[,name]    only these; TECHNIQUES=sc,tso,test,torture,race; RUNS=3 of torture each

MUTANT     ?=
TECHNIQUES ?= sc,tso,test,torture,race
RUNS       ?= 3

$(call complain,$(shell sh tools/validate.sh $(call quote,$(GOALS)) \
	$(call given,MUTANT TECHNIQUES RUNS)))

mutants:
	@$(PYTHON) tools/mutants.py --build $(BUILD) --mutant=$(MUTANT) \
		--techniques=$(TECHNIQUES) --runs $(RUNS)

.PHONY: mutants
