#!/bin/sh
# Prints a line about the first NAME that is no variable of make: no FILE has that word.
# SPDX-License-Identifier: MIT
# usage: known.sh "FILES" NAME...
set -u

files=$1
shift
# shellcheck disable=SC2086 # a list of words
known=$(grep -oh '\b[A-Za-z_]\{1,\}\b' $files | sort -u | tr '\n' ' ')
for name; do
	case " $known " in
	*" $name "*) ;;
	*)
		echo "$name: there is no such variable; \`make help\` names them"
		exit 0
		;;
	esac
done
