#!/bin/sh
# Checks every variable of make: prints one line about the first bad one, or nothing at all.
# SPDX-License-Identifier: MIT
# usage: validate.sh "GOALS" NAME=value...
#    or: validate.sh --list
#    or: validate.sh --count-locks LOCK
set -u

goals=$1
shift

refuse() {
	name=$1 value=$2
	shift 2
	echo "$name=$value is refused: $*"
	exit 0
}

is_number() { # text low high
	case $1 in
	'' | *[!0-9]* | 0?*) return 1 ;;
	esac
	[ "${#1}" -le 18 ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

check_number() { # name value low high
	is_number "$2" "$3" "$4" || refuse "$1" "$2" "give a whole number from $3 to $4"
}

check_word() { # name value words...
	name=$1 value=$2
	shift 2
	for word; do
		[ "$value" = "$word" ] && return
	done
	refuse "$name" "$value" "give one of: $*"
}

# Whether one of these commands is to be done.
is_goal() {
	for word; do
		case " $goals " in *" $word "*) return 0 ;; esac
	done
	return 1
}

check_memory() {
	case $1 in
	*M) is_number "${1%M}" 32 65536 && return ;;
	*G) is_number "${1%G}" 1 64 && return ;;
	esac
	refuse MEM "$1" "give a size such as 256M or 2G, at least 32M and at most 64G"
}

demo_names() {
	for file in modules/*.c; do
		[ -e "$file" ] && basename "$file" .c
	done
}

# What TORTURE(name) stands for: a lock, and the test torture_name.
lock_names() {
	sed -n 's/^TORTURE(\([A-Za-z0-9_]*\)).*/\1/p' kernel/test/*.c 2>/dev/null
}

test_names() {
	sed -n 's/^TEST(\([A-Za-z0-9_]*\)).*/\1/p' kernel/test/*.c 2>/dev/null
	lock_names | sed 's/^/torture_/'
	for file in lib/test/*_test.c tools/*_test.py; do
		[ -e "$file" ] && basename "${file%.*}"
	done
}

bench_names() {
	sed -n 's/^BENCH_[A-Z]*(\([A-Za-z0-9_]*\)[,)].*/\1/p' kernel/bench/*.c | sort -u
}

scenario_names() {
	printf 'quick\nlitmus\n'
	sed -n -e 's/^SCENARIO(\([a-z0-9_]*\),.*/\1/p' \
		-e 's/^LITMUS(\([a-z0-9_]*\),.*/litmus_\1/p' kernel/explore/*.c | sort -u
}

# Linux's own tests, by the files that tools/linux.mk names.
linux_names() {
	grep -o '\(lib\|kernel\|rcu\|locking\)/[a-z0-9_-]*\.c' tools/linux.mk |
		grep -v '/torture' |
		sed 's,.*/,,; s,\.c$,,; s,-,_,g'
}

check_names() {
	sed -n 's/^    "\([a-z]*\)": [a-z_]*,$/\1/p' tools/check.py
}

# The kernel takes words of 511 characters (lib/cmdline.h:CMDLINE_WORD_MAX); this one is run=NAMES.
check_length() { # name value
	[ "${#2}" -le 507 ] || refuse "$1" "$(echo "$2" | cut -c 1-40)..." \
		"it has ${#2} characters, the kernel takes 507; give fewer names"
}

# Names, with commas between them, of those that are known.
check_list() { # name value what known...
	variable=$1 value=$2 what=$3
	shift 3
	case $value in
	'' | *[!A-Za-z0-9_,]* | ,* | *, | *,,*)
		refuse "$variable" "$value" "give names of $what with commas between them"
		;;
	esac
	for each in $(echo "$value" | tr , ' '); do
		case " $* " in
		*" $each "*) ;;
		*)
			[ $# -gt 30 ] ||
				refuse "$variable" "$value" "there is no $each; give of: $*"
			refuse "$variable" "$value" "there is no $each among the $what"
			;;
		esac
	done
}

# A name in RUN is a test of `make test`, a benchmark of `make bench`, and a demo of every other
# command that boots.
check_run() {
	check_length RUN "$1"
	! is_goal explore play || refuse RUN "$1" "make explore and make play take SCENARIO=name"
	if is_goal test; then
		check_list RUN "$1" "tests ('make list' names them)" $(test_names)
	elif is_goal bench; then
		check_list RUN "$1" "benchmarks ('make list' names them)" $(bench_names)
	elif is_goal linux-tests linux-tests-run; then
		check_list RUN "$1" "tests of Linux's ('make list' names them)" $(linux_names)
	else
		check_list RUN "$1" "demos ('make list' names them)" $(demo_names)
	fi
}

check_lock() {
	[ "$1" = all ] && return
	check_length LOCK "$1"
	check_list LOCK "$1" "locks (or all)" $(lock_names)
}

check_scenario() {
	is_goal explore play debug ||
		refuse SCENARIO "$1" "it is for make explore, play, and (with REPLAY) debug"
	check_length SCENARIO "$1"
	check_list SCENARIO "$1" "scenarios ('make list' names them)" $(scenario_names)
}

# What the variables are together: the last of them has been seen.
check_together() {
	if is_goal play && [ -z "$module" ]; then
		check_one SCENARIO "$scenario" "make play"
	fi
	[ -z "$scenario" ] || [ -z "$module" ] ||
		refuse SCENARIO "$scenario" "MODULE has one of its own: leave one of them out"
	[ -z "$scenario" ] || [ -n "$replay" ] || ! is_goal debug ||
		refuse SCENARIO "$scenario" "with make debug, give REPLAY=token too"
	[ -z "$replay" ] || [ "$stats" != 1 ] ||
		refuse STATS 1 "REPLAY runs PROFILE=fast, which has no statistics of locks"
}

check_one() { # name value whose
	case $2 in
	'' | quick | litmus | *,*)
		refuse "$1" "$2" "$3 takes one: give SCENARIO=name ('make list' names them)," \
			"or MODULE=foo.c"
		;;
	esac
}

check_replay() {
	is_goal explore debug || refuse REPLAY "$1" "it is for make explore and make debug"
	[ -n "$module" ] || check_one SCENARIO "$scenario" REPLAY
	echo "$1" | grep -Eqx '[0-9]+x[0-9]+(,[0-9]+x[0-9]+)*' ||
		refuse REPLAY "$1" "give the steps of threads in turn, as in 0x3,1x2"
}

# Words for the kernel's command line pass through grub.cfg, which has a syntax of its own.
check_args() {
	case $1 in
	*[!A-Za-z0-9_=,.:/+\ -]*)
		refuse ARGS "$1" "give key=value words of letters, digits and _ . , : / + -"
		;;
	esac
}

# A tree of the release whose tests they are.
check_linux() {
	case $1 in
	*[!A-Za-z0-9_./+~-]*)
		refuse LINUX "$1" "give a directory named by letters, digits and _ . / + ~ -"
		;;
	esac
	[ -d "$1" ] || refuse LINUX "$1" "there is no such directory; give a tree of Linux 6.1"
	[ -f "$1/lib/locking-selftest.c" ] ||
		refuse LINUX "$1" "it has no lib with locking-selftest.c; give a tree of Linux 6.1"
	release=$(sed -n 's/^\(VERSION\|PATCHLEVEL\) = \([0-9]*\)$/\2/p' "$1/Makefile" 2>/dev/null |
		head -2 | tr '\n' .)
	[ "$release" = 6.1. ] ||
		refuse LINUX "$1" "it is Linux ${release:-?.}x; give a tree of Linux 6.1"
}

# In GRUB's single quotes everything is as it stands, but a single quote.
check_quoted() {
	[ "${#2}" -le 480 ] || refuse "$1" "$(echo "$2" | cut -c 1-40)..." \
		"it has ${#2} characters, the kernel takes 480"
	case $2 in
	*[!\ -\&\(-~]*)
		refuse "$1" "$2" "give $3 of ASCII, without single quotes"
		;;
	esac
}

# Modules run in place of the demos.
check_module() {
	is_goal run run-linux debug trace shell explore play explore-module ||
		refuse MODULE "$1" "it is for run, run-linux, debug, trace, shell, explore and play"
}

# Where gdb is to stop: it knows which names there are.
check_break() {
	case $1 in
	*[!A-Za-z0-9_.:/,+-]* | ,* | *, | *,,*)
		refuse BREAK "$1" "give functions, or file.c:line, with commas between them"
		;;
	esac
	case $stub,$1, in
	kernel*,start,* | kernel*,start64,* | kernel*,kmain,*)
		refuse BREAK "$1" "STUB=kernel stops in kmain by itself; give places behind that" ;;
	esac
}

# The directory can be made, is marked as ours, so that clean may remove it, and takes files.
check_build() {
	case $1 in
	'' | *[!A-Za-z0-9_./+-]* | -*)
		refuse BUILD "$1" "give a directory named by letters, digits and _ . / + -"
		;;
	esac
	tag=$1/CACHEDIR.TAG
	if [ -d "$1" ] && [ ! -f "$tag" ] && [ -n "$(ls -A "$1" 2>/dev/null)" ]; then
		refuse BUILD "$1" "it holds files that no build made; name an empty directory"
	fi
	builds=
	for goal in $goals; do
		case $goal in
		help | deps | doctor | list | format | clean) ;;
		*) builds=yes ;;
		esac
	done
	[ -n "$builds" ] || return
	why=$(mkdir -p "$1" 2>&1) || refuse BUILD "$1" "cannot be made (${why##*: })"
	why=$( (: >"$1/.writable") 2>&1) || refuse BUILD "$1" "cannot be written (${why##*: })"
	rm -f "$1/.writable"
	[ -f "$tag" ] || echo "Signature: 8a477f597d28d172789f06886806bc55" >"$tag"
}

if [ "$goals" = --list ]; then
	echo "demos, for make run RUN=..."
	demo_names | sed 's/^/  /'
	echo "exercises, for make run MODULE=..."
	for file in modules/wrong/*.c modules/right/*.c modules/explore/*.c; do
		echo "  $file"
	done
	echo "tests, for make test RUN=..."
	test_names | sed 's/^/  /'
	echo "tests of Linux's, for make linux-tests RUN=..."
	linux_names | sed 's/^/  /'
	echo "locks, for make torture LOCK=..."
	lock_names | sed 's/^/  /'
	echo "benchmarks, for make bench RUN=..."
	bench_names | sed 's/^/  /'
	echo "scenarios, for make explore SCENARIO=..."
	scenario_names | sed 's/^/  /'
	exit 0
fi

if [ "$goals" = --count-locks ]; then
	case ${1-} in
	'' | all) lock_names | wc -l ;;
	*) echo "$1" | tr , '\n' | wc -l ;;
	esac
	exit 0
fi

up=
profile=
module=
scenario=
replay=
stub=
stats=
together=
for argument; do
	name=${argument%%=*}
	value=${argument#*=}
	case $name in
	UP)
		[ -z "$value" ] || check_word UP "$value" 0 1
		up=$value
		;;
	RWLOCK) check_word RWLOCK "$value" fair reader ;;
	SMP)
		check_number SMP "$value" 1 255
		[ "$up" != 1 ] || [ "$value" -eq 1 ] ||
			refuse SMP "$value" "UP=1 builds for one CPU: leave SMP out, or give SMP=1"
		;;
	MEM) check_memory "$value" ;;
	PROFILE)
		check_word PROFILE "$value" checked fast race
		profile=$value
		[ "$profile" = fast ] || continue
		! is_goal linux-selftest || refuse PROFILE fast "it has no lock validator to test"
		! is_goal trace || refuse PROFILE fast "it has no trace: leave it out"
		! is_goal report || refuse PROFILE fast "it has no trace to draw: leave it out"
		;;
	ACCEL) check_word ACCEL "$value" tcg tcg-single kvm ;;
	CC) check_word CC "$value" gcc clang ;;
	V) [ -z "$value" ] || check_word V "$value" 0 1 ;;
	STATS)
		[ -z "$value" ] || check_word STATS "$value" 0 1
		stats=$value
		[ "$value" = 1 ] || continue
		[ "$profile" != fast ] ||
			refuse STATS 1 "PROFILE=fast has no statistics of locks: leave one out"
		! is_goal bench explore play ||
			refuse STATS 1 "make bench, explore and play run PROFILE=fast, without any"
		;;
	SEED) [ -z "$value" ] || check_number SEED "$value" 0 999999999999999999 ;;
	TIMEOUT) [ -z "$value" ] || check_number TIMEOUT "$value" 1 86400 ;;
	RUN) [ -z "$value" ] || check_run "$value" ;;
	SCENARIO)
		scenario=$value together=yes
		[ -z "$value" ] || check_scenario "$value"
		;;
	MODEL) [ -z "$value" ] || check_word MODEL "$value" sc tso ;;
	REPLAY)
		replay=$value
		[ -z "$value" ] || check_replay "$value"
		;;
	BOUND) [ -z "$value" ] || check_number BOUND "$value" 0 1000 ;;
	CPUS) [ -z "$value" ] || check_number CPUS "$value" 1 4 ;;
	LOCK) [ -z "$value" ] || check_lock "$value" ;;
	SECONDS) check_number SECONDS "$value" 1 86400 ;;
	ARGS) check_args "$value" ;;
	ONLY) [ -z "$value" ] || check_word ONLY "$value" $(check_names) ;;
	LINUX) [ -z "$value" ] || check_linux "$value" ;;
	BUILD) check_build "$value" ;;
	MODULE)
		if [ -n "$value" ]; then
			check_module "$value"
		elif is_goal run-linux; then
			refuse MODULE "" "run-linux needs it: give a .c file"
		fi
		module=$value
		;;
	PARAMS)
		[ -z "$value" ] && continue
		[ -n "$module" ] || refuse PARAMS "$value" "it is for a module: give MODULE, too"
		! is_goal explore play ||
			refuse PARAMS "$value" "it is for make run, run-linux, debug and trace"
		check_quoted PARAMS "$value" "name=value words"
		;;
	OPS)
		[ -z "$value" ] && continue
		[ -n "$module" ] || refuse OPS "$value" "it is for a module: give MODULE, too"
		! is_goal run-linux explore play ||
			refuse OPS "$value" "it is for make run, debug and trace"
		check_quoted OPS "$value" commands
		;;
	KDIR)
		[ -z "$value" ] || [ -f "$value/scripts/Makefile.modpost" ] ||
			refuse KDIR "$value" "it has no scripts/Makefile.modpost;" \
				"give /lib/modules/.../build"
		;;
	MUTANT)
		[ -z "$value" ] || check_list MUTANT "$value" "mutants of tools/mutants.txt" \
			$(sed -n 's/^== //p' tools/mutants.txt)
		;;
	TECHNIQUES) check_list TECHNIQUES "$value" techniques sc tso test torture race ;;
	RUNS) check_number RUNS "$value" 1 100 ;;
	BREAK) [ -z "$value" ] || check_break "$value" ;;
	SCRIPT)
		[ -z "$value" ] || [ -f "$value" ] ||
			refuse SCRIPT "$value" "give a file with commands of gdb"
		;;
	STUB)
		[ -z "$value" ] || check_word STUB "$value" qemu kernel
		stub=$value
		[ "$value" = kernel ] || continue
		is_goal debug || refuse STUB kernel "it is for make debug"
		[ -z "$replay" ] || refuse STUB kernel "REPLAY steps itself: leave one of them out"
		;;
	SERVER) [ -z "$value" ] || check_number SERVER "$value" 1024 65535 ;;
	RUNTIME) check_number RUNTIME "$value" 0 86400 ;;
	esac
done
[ -z "$together" ] || check_together
