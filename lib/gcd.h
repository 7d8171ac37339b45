/* Common divisors and multiples. Apart from lib/math.h, since many a program has a gcd() of its own. */
/* SPDX-License-Identifier: MIT */
#pragma once

/* The largest number that divides both, and the smallest that both divide; with 0: the other one, and 0. */
unsigned long gcd(unsigned long a, unsigned long b);
unsigned long lcm(unsigned long a, unsigned long b);
