#!/bin/sh
# Checks the tools and their versions, and says how each that is wrong is mended.
# SPDX-License-Identifier: MIT
# usage: doctor.sh        exit status: 0 if all is well, 1 if not
# What is needed, and in which package it is, deps.sh knows. SYSTEM=debian, fedora, arch or macos
# takes this machine for such a one.
set -u

problems=0
wanted=

system_of() {
	[ "$(uname -s)" != Darwin ] || { echo macos; return; }
	# shellcheck disable=SC1091 # it is the system's own
	words=$(. /etc/os-release 2>/dev/null && echo "$ID ${ID_LIKE-}")
	case " $words " in
	*" debian "* | *" ubuntu "*) echo debian ;;
	*" fedora "* | *" rhel "*) echo fedora ;;
	*" arch "*) echo arch ;;
	*) echo debian ;;
	esac
}

# The package of a row for this system: $1 to $4 are the row's.
package() {
	case $system in
	debian) echo "$1" ;;
	fedora) echo "$2" ;;
	arch) echo "$3" ;;
	macos) echo "$4" ;;
	esac
}

install_command() {
	case $system in
	debian) echo "sudo apt-get install $*" ;;
	fedora) echo "sudo dnf install $*" ;;
	arch) echo "sudo pacman -S $*" ;;
	macos) echo "brew install $*" ;;
	esac
}

# Homebrew's tools for another machine than the Mac have its name in front; we call them without.
link_command() { # tool package
	case $1 in
	*/*) return ;; # a file is found where it is
	esac
	case $2 in
	x86_64-elf-*) name=x86_64-elf-$1 ;;
	i686-elf-grub) name=i686-elf-$1 ;;
	make) name=gmake ;;
	*) return ;;
	esac
	echo "mkdir -p ~/.interlock && ln -sf \"\$(brew --prefix)/bin/$name\" ~/.interlock/$1"
}

say() { # tool what
	printf '  %-26s %s\n' "$1" "$2"
}

wrong() { # tool package what
	problems=$((problems + 1))
	say "$1" "WRONG: $3"
	say "" "mend: $(install_command "$2")"
	if [ "$system" = macos ]; then
		link=$(link_command "$1" "$2")
		[ -z "$link" ] || say "" "then: $link"
	fi
	case " $wanted " in
	*" $2 "*) ;;
	*) wanted="$wanted${wanted:+ }$2" ;;
	esac
}

version_of() {
	"$1" --version 2>&1 | grep -o '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1
}

is_at_least() { # version least
	printf '%s %s\n' "$1" "$2" | awk '{
		n = split($2, least, "."); split($1, have, ".")
		for (i = 1; i <= n; i++)
			if (have[i] + 0 != least[i] + 0)
				exit !(have[i] + 0 > least[i] + 0)
	}'
}

# What else a tool must be able to do: prints what is wrong with it.
unable() {
	case $1 in
	gcc)
		case $(gcc -dumpmachine 2>&1) in
		x86_64-*) ;;
		*) echo "it makes no code for x86_64, but for $(gcc -dumpmachine 2>&1)" ;;
		esac
		;;
	ld)
		ld -V 2>/dev/null | grep -q elf_x86_64 ||
			echo "it does not link for x86_64 (elf_x86_64)"
		;;
	gdb)
		gdb -nx -batch -ex 'python print(6 * 7)' 2>&1 | grep -qx 42 ||
			echo "it has no Python, in which the commands are written"
		gdb -nx -batch -ex 'set architecture i386:x86-64' 2>&1 | grep -q 'Undefined' &&
			echo "it does not know x86_64"
		;;
	qemu-system-x86_64)
		qemu-system-x86_64 -machine help 2>/dev/null | grep -q '^q35 ' ||
			echo "it has no machine q35"
		qemu-system-x86_64 -device help 2>&1 | grep -q '"isa-debug-exit"' ||
			echo "it has no device isa-debug-exit"
		qemu-system-x86_64 -accel help 2>/dev/null | grep -q '^tcg$' ||
			echo "it has no TCG, with which everything is run"
		;;
	esac
}

check() { # tool least package
	# Homebrew has a place of its own for what is a file elsewhere.
	case $system:$1:$2 in
	macos:*/*:-) proof="brew list $3" ;;
	*:*/*:*) proof="[ -e $1 ]" ;;
	*) proof="command -v $1" ;;
	esac
	if ! eval "$proof" >/dev/null 2>&1; then
		wrong "$1" "$3" "it is not installed"
		return
	fi
	if [ "$2" = - ]; then
		say "$1" "is there"
		return
	fi
	version=$(version_of "$1")
	if [ -z "$version" ]; then
		wrong "$1" "$3" "it does not say its version"
	elif ! is_at_least "$version" "$2"; then
		wrong "$1" "$3" "version $version; it takes $2"
	else
		why=$(unable "$1" | head -n 1)
		if [ -n "$why" ]; then
			wrong "$1" "$3" "$why"
		else
			say "$1" "$version"
		fi
	fi
}

system=${SYSTEM:-$(system_of)}
case $system in
debian | fedora | arch | macos) ;;
*)
	echo "doctor: SYSTEM=$system is none of debian, fedora, arch, macos" >&2
	exit 1
	;;
esac

echo "doctor: taken for: $system ($(uname -sm))"
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
sh tools/deps.sh --table >"$rows"
while read -r _ proof least on_debian on_fedora on_arch on_macos; do
	check "$proof" "$least" "$(package "$on_debian" "$on_fedora" "$on_arch" "$on_macos")"
done <"$rows"

echo "the QEMU in use:"
if where=$(command -v qemu-system-x86_64); then
	say "$where" "$(qemu-system-x86_64 --version 2>&1 | head -n 1)"
	if [ -w /dev/kvm ]; then
		say /dev/kvm "may be opened; ACCEL=kvm is tried, and given up if it stays silent"
	else
		say /dev/kvm "cannot be opened, and is not needed: everything runs with TCG"
	fi
else
	say none "PATH has no qemu-system-x86_64"
fi

if [ "$problems" -eq 0 ]; then
	echo "doctor: all is well"
	exit 0
fi
[ "$system" != macos ] || echo 'doctor: and with what is linked: export PATH=~/.interlock:$PATH'
echo "doctor: $problems wrong; to mend them at once: $(install_command "$wanted")"
exit 1
