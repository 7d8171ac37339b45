/* Strict parsing of numbers. */
/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "lib/kstrtox.h"

/* The value of a digit in any base up to 16; 16 for what is no digit. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

static bool has_hex_prefix(const char *string)
{
	return string[0] == '0' && (string[1] == 'x' || string[1] == 'X') &&
	       digit_value(string[2]) < 16;
}

/* Settles base 0 and steps over 0x. */
static const char *skip_prefix(const char *string, unsigned int *base)
{
	bool hex = has_hex_prefix(string);

	if (*base == 0)
		*base = hex ? 16 : string[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? string + 2 : string;
}

/* Digits and an optional newline up to the string's end: what all numbers have in common. */
static int parse_magnitude(const char *string, unsigned int base, unsigned long long *number)
{
	unsigned long long value = 0;
	const char *first;

	string = skip_prefix(string, &base);
	if (base < 2 || base > 16)
		return -EINVAL;
	for (first = string; digit_value(*string) < base; string++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_value(*string), &value))
			return -ERANGE;
	}
	if (string == first)
		return -EINVAL;
	if (*string == '\n')
		string++;
	if (*string)
		return -EINVAL;
	*number = value;
	return 0;
}

int kstrtoull(const char *string, unsigned int base, unsigned long long *number)
{
	return parse_magnitude(*string == '+' ? string + 1 : string, base, number);
}

int kstrtoll(const char *string, unsigned int base, long long *number)
{
	bool negative = *string == '-';
	unsigned long long magnitude, limit = (1ULL << 63) - !negative;
	int error;

	if (negative || *string == '+')
		string++;
	error = parse_magnitude(string, base, &magnitude);
	if (error)
		return error;
	if (magnitude > limit)
		return -ERANGE;
	*number = (long long)(negative ? -magnitude : magnitude);
	return 0;
}

int kstrtoul(const char *string, unsigned int base, unsigned long *number)
{
	unsigned long long value;
	int error = kstrtoull(string, base, &value);

	if (!error)
		*number = value;
	return error;
}

int kstrtol(const char *string, unsigned int base, long *number)
{
	long long value;
	int error = kstrtoll(string, base, &value);

	if (!error)
		*number = value;
	return error;
}

int kstrtouint(const char *string, unsigned int base, unsigned int *number)
{
	unsigned long long value;
	int error = kstrtoull(string, base, &value);

	if (error)
		return error;
	if (value != (unsigned int)value)
		return -ERANGE;
	*number = (unsigned int)value;
	return 0;
}

int kstrtoint(const char *string, unsigned int base, int *number)
{
	long long value;
	int error = kstrtoll(string, base, &value);

	if (error)
		return error;
	if (value != (int)value)
		return -ERANGE;
	*number = (int)value;
	return 0;
}
