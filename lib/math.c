/* Arithmetic that takes a loop. */
/* SPDX-License-Identifier: MIT */
#include "lib/math.h"

#include "lib/gcd.h"

/* The root's bits, from the highest: each stays if the square does not become too large. */
unsigned long int_sqrt(unsigned long value)
{
	unsigned long root = 0;

	for (unsigned long bit = 1UL << 31; bit; bit >>= 1) {
		if ((root | bit) * (root | bit) <= value)
			root |= bit;
	}
	return root;
}

/* Euclid. */
unsigned long gcd(unsigned long a, unsigned long b)
{
	unsigned long rest;

	for (; b; b = rest) {
		rest = a % b;
		a = b;
	}
	return a;
}

unsigned long lcm(unsigned long a, unsigned long b)
{
	return a && b ? a / gcd(a, b) * b : 0;
}
