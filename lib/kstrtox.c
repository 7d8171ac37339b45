/* Strict parsing of numbers. */
/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

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

/* What fits into the smaller types is what is the same after it was stored there. */
#define DEFINE_KSTRTO(name, type, wide, parse)                                                     \
	int name(const char *string, unsigned int base, type *number)                              \
	{                                                                                          \
		wide value;                                                                        \
		int error = parse(string, base, &value);                                           \
                                                                                                   \
		if (error)                                                                         \
			return error;                                                              \
		if (value != (type)value)                                                          \
			return -ERANGE;                                                            \
		*number = (type)value;                                                             \
		return 0;                                                                          \
	}

DEFINE_KSTRTO(kstrtoul, unsigned long, unsigned long long, kstrtoull)
DEFINE_KSTRTO(kstrtouint, unsigned int, unsigned long long, kstrtoull)
DEFINE_KSTRTO(kstrtou16, u16, unsigned long long, kstrtoull)
DEFINE_KSTRTO(kstrtou8, u8, unsigned long long, kstrtoull)
DEFINE_KSTRTO(kstrtol, long, long long, kstrtoll)
DEFINE_KSTRTO(kstrtoint, int, long long, kstrtoll)
DEFINE_KSTRTO(kstrtos16, s16, long long, kstrtoll)
DEFINE_KSTRTO(kstrtos8, s8, long long, kstrtoll)

int kstrtobool(const char *string, bool *value)
{
	char first = string ? string[0] : '\0';

	// The second letter tells "on" from "off".
	if ((first == 'o' || first == 'O') && (string[1] == 'n' || string[1] == 'N'))
		*value = true;
	else if ((first == 'o' || first == 'O') && (string[1] == 'f' || string[1] == 'F'))
		*value = false;
	else if (first && strchr("yYtT1", first))
		*value = true;
	else if (first && strchr("nNfF0", first))
		*value = false;
	else
		return -EINVAL;
	return 0;
}

unsigned long long simple_strtoull(const char *string, char **end, unsigned int base)
{
	unsigned long long value = 0;

	string = skip_prefix(string, &base);
	for (; digit_value(*string) < base && digit_value(*string) < 16; string++)
		value = value * base + digit_value(*string);
	if (end)
		*end = (char *)string;
	return value;
}

long long simple_strtoll(const char *string, char **end, unsigned int base)
{
	if (*string == '-')
		return (long long)-simple_strtoull(string + 1, end, base);
	return (long long)simple_strtoull(string, end, base);
}

unsigned long simple_strtoul(const char *string, char **end, unsigned int base)
{
	return simple_strtoull(string, end, base);
}

long simple_strtol(const char *string, char **end, unsigned int base)
{
	return simple_strtoll(string, end, base);
}

unsigned long long memparse(const char *string, char **end)
{
	static const char letters[] = "KMGTPEkmgtpe";
	char *rest;
	unsigned long long value = simple_strtoull(string, &rest, 0);
	const char *letter = *rest ? strchr(letters, *rest) : NULL;

	if (letter) {
		value <<= 10 * ((letter - letters) % 6 + 1);
		rest++;
	}
	if (end)
		*end = rest;
	return value;
}
