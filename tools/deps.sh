#!/bin/sh
# Installs what the commands need and is missing; `--missing GOALS` says only what that is.
# SPDX-License-Identifier: MIT
# `--table` prints all that there is to need.
set -eu

# A row: the command of make that needs it; what proves that it is there (a command, or a file when
# it holds a slash); from which version on (- for any); and the package on Debian and Ubuntu,
# Fedora, Arch, and Homebrew.
efi=/usr/lib/grub/x86_64-efi
libelf=/usr/lib/x86_64-linux-gnu/libelf.so.1 # Linux's kbuild needs it
for place in /usr/lib64/libelf.so.1 /usr/lib/libelf.so.1; do # Fedora's and Arch's place
	[ ! -e "$place" ] || libelf=$place
done

# Where Python's module $1 is, or would be on Debian.
module() {
	for place in /usr/lib*/python3*/site-packages/"$1"; do
		[ ! -e "$place" ] || { echo "$place"; return; }
	done
	echo "/usr/lib/python3/dist-packages/$1"
}

rescue=grub-mkrescue
! command -v grub2-mkrescue >/dev/null 2>&1 || rescue=grub2-mkrescue # Fedora's name for it
capstone=$(module capstone)
plots=$(module matplotlib)
pexpect=$(module pexpect)
table() {
	cat <<-END
	gcc   gcc                  11   gcc gcc gcc x86_64-elf-gcc
	clang clang                14   clang clang clang llvm
	elf   make                 4.2  make make make make
	elf   ld                   2.35 binutils binutils binutils x86_64-elf-binutils
	elf   objcopy              2.35 binutils binutils binutils x86_64-elf-binutils
	elf   nasm                 2.15 nasm nasm nasm nasm
	elf   /usr/bin/python3     3.10 python3 python3 python python3
	iso   $rescue              2.04 grub-common grub2-tools-extra grub i686-elf-grub
	iso   /usr/lib/grub/i386-pc -    grub-pc-bin grub2-pc-modules grub i686-elf-grub
	iso   $efi                 -    grub-efi-amd64-bin grub2-efi-x64-modules grub i686-elf-grub
	iso   xorriso              1.5  xorriso xorriso libisoburn xorriso
	iso   mformat              4.0  mtools mtools mtools mtools
	iso   xz                   5.2  xz-utils xz xz xz
	linux $libelf              -    libelf1 elfutils-libelf libelf libelf
	run   qemu-system-x86_64   6.2  qemu-system-x86 qemu-system-x86-core qemu-system-x86 qemu
	test  /usr/include/stdio.h -    libc6-dev glibc-devel glibc gcc
	test  /usr/include/cmocka.h -    libcmocka-dev libcmocka-devel cmocka cmocka
	insns $capstone            -    python3-capstone python3-capstone python-capstone capstone
	plots $plots - python3-matplotlib python3-matplotlib python-matplotlib python-matplotlib
	test  $pexpect             -    python3-pexpect python3-pexpect python-pexpect pexpect
	debug gdb                  12   gdb gdb gdb x86_64-elf-gdb
	check clang-format         14   clang-format clang-tools-extra clang clang-format
	check cppcheck             2.7  cppcheck cppcheck cppcheck cppcheck
	END
}

# The rows that a goal of make needs. A compiler is a goal of its own: CC names it.
goals_of() {
	case $1 in
	elf) echo elf ;;
	iso | all) echo elf iso ;;
	run | bench | trace | torture | linux-selftest | linux-tests) echo elf iso run ;;
	modules-linux) echo elf linux gcc ;;
	run-linux) echo elf linux gcc run ;;
	report) echo elf iso run plots ;;
	mutants) echo elf iso run insns gcc ;;
	debug) echo elf iso run insns debug ;;
	explore | explore-module | play | shell) echo elf iso run insns ;;
	test) echo elf iso run insns test debug gcc plots ;;
	format) echo elf check ;;
	check) echo elf iso run check gcc clang ;;
	cost) echo elf iso run gcc clang ;;
	gcc | clang) echo "$1" ;;
	deps) echo elf iso run linux insns test debug check gcc clang plots ;;
	esac
}

is_there() {
	case $1 in
	*/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# Prints column $1 of each row whose proof is missing and whose goal is one of the others.
missing() {
	column=$1
	shift
	table | while read -r goal proof _ packages; do
		case " $* " in *" $goal "*) ;; *) continue ;; esac
		is_there "$proof" && continue
		# shellcheck disable=SC2086 # the packages are the row's other columns
		set_column "$column" "$proof" $packages
	done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

set_column() {
	shift "$1"
	echo "$1"
}

if [ "${1-}" = --missing ]; then
	shift
	needed=
	# shellcheck disable=SC2048 # make gives its goals as one word
	for goal in $*; do needed="$needed $(goals_of "$goal")"; done
	# shellcheck disable=SC2086 # a list of words
	missing 1 $needed
	exit
fi

if [ "${1-}" = --table ]; then
	table
	exit
fi

# shellcheck disable=SC2046 # a list of words
wanted=$(missing 1 $(goals_of deps))
if [ -z "$wanted" ]; then
	echo "deps: everything is there"
	exit 0
fi
echo "deps: missing: $wanted"

if ! command -v apt-get >/dev/null 2>&1; then
	# shellcheck disable=SC2046 # a list of words
	cat >&2 <<-END
	deps: this is not Debian or Ubuntu; install these, and run the command again:
	  Fedora  dnf install $(missing 3 $(goals_of deps))
	  Arch    pacman -S $(missing 4 $(goals_of deps))
	  macOS   brew install $(missing 5 $(goals_of deps))
	END
	exit 1
fi

root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		# shellcheck disable=SC2046 # a list of words
		echo "deps: as root: apt-get install $(missing 2 $(goals_of deps))" >&2
		exit 1
	fi
	root=sudo
fi
# shellcheck disable=SC2046 # a list of words
packages=$(missing 2 $(goals_of deps))
$root apt-get update -q
# shellcheck disable=SC2086 # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
# shellcheck disable=SC2046 # a list of words
wanted=$(missing 1 $(goals_of deps))
if [ -n "$wanted" ]; then
	echo "deps: still missing after the installation: $wanted" >&2
	exit 1
fi
echo "deps: everything is there"
