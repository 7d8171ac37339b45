#!/bin/sh
# Prints a line about the first NAME that is no variable of make: one that `make help` names.
# SPDX-License-Identifier: MIT
# usage: known.sh "FILES" NAME...    FILES: those whose text it prints
set -u

files=$1
shift
# shellcheck disable=SC2086 # a list of words
known=$(grep -h '^#:' $files | grep -o '\b[A-Z]\{1,\}=' | tr '=\n' '  ')
for name; do
	case " $known " in
	*" $name "*) ;;
	*)
		echo "$name: there is no such variable; \`make help\` names them"
		exit 0
		;;
	esac
done
