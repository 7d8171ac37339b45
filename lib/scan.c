/* The one scanf. */
/* SPDX-License-Identifier: MIT */
#include "lib/ctype.h"
#include "lib/kstrtox.h"
#include "lib/limits.h"
#include "lib/scan.h"
#include "lib/string.h"

/* What has been read, and where the next value goes. */
struct scan {
	const char *at;    // in the string
	const char *start; // of the string, for %n
	va_list arguments;
	int stored;
};

/* One conversion, from its `%`. */
struct scan_spec {
	bool forget;  // %*
	size_t width; // SIZE_MAX when there is none
	int size;     // of a number, in bytes
	char kind;
};

#define WORD_MAX 66 // a sign, 0x and 64 binary digits are shorter

static const char *parse_length(const char *format, int *size)
{
	*size = sizeof(int);
	if (*format == 'h') {
		*size = format[1] == 'h' ? sizeof(char) : sizeof(short);
		return format + (format[1] == 'h' ? 2 : 1);
	}
	while (*format && strchr("lztjL", *format)) {
		*size = sizeof(long);
		format++;
	}
	return format;
}

static const char *parse_spec(const char *format, struct scan_spec *spec)
{
	spec->forget = *format == '*';
	format += spec->forget;
	spec->width = SIZE_MAX;
	if (isdigit(*format)) {
		char *end;

		spec->width = simple_strtoul(format, &end, 10);
		format = end;
	}
	format = parse_length(format, &spec->size);
	spec->kind = *format;
	return *format ? format + 1 : format;
}

static void store_number(struct scan *scan, int size, unsigned long long value)
{
	void *to = va_arg(scan->arguments, void *);

	memcpy(to, &value, (size_t)size); // the low bytes come first
}

/* Whether a number is cut off behind its 0x: as in Linux it is 0 then, and what follows is another. */
static bool is_cut(const char *digits, size_t width, unsigned int base)
{
	return width == 2 && (base == 0 || base == 16) && digits[0] == '0' &&
	       tolower(digits[1]) == 'x' && isxdigit((u8)digits[2]);
}

/* The number's text goes into a buffer of its own, since the width may end it in the middle. */
static bool scan_number(struct scan *scan, const struct scan_spec *spec, unsigned int base)
{
	char text[WORD_MAX + 1], *end;
	bool negative = *scan->at == '-', sign = negative || *scan->at == '+';
	size_t room = min(spec->width, (size_t)WORD_MAX) + 1;
	unsigned long long value;

	strscpy(text, scan->at + sign, room - sign);
	value = simple_strtoull(text, &end, base);
	if (!isxdigit((u8)text[0]) || end == text)
		return false;
	if (is_cut(scan->at + sign, room - sign - 1, base))
		end = text + 2;
	scan->at += sign + (end - text);
	if (!spec->forget) {
		store_number(scan, spec->size, negative ? -value : value);
		scan->stored++;
	}
	return true;
}

/* `length` characters go to the buffer, with a terminator unless it is a %c. */
static bool store_text(struct scan *scan, const struct scan_spec *spec, size_t length, bool end)
{
	char *to;

	if (!length)
		return false;
	if (!spec->forget) {
		to = va_arg(scan->arguments, char *);
		memcpy(to, scan->at, length);
		if (end)
			to[length] = '\0';
		scan->stored++;
	}
	scan->at += length;
	return true;
}

static bool scan_word(struct scan *scan, const struct scan_spec *spec)
{
	size_t length = 0;

	while (length < spec->width && scan->at[length] && !isspace((u8)scan->at[length]))
		length++;
	return store_text(scan, spec, length, true);
}

static bool scan_characters(struct scan *scan, const struct scan_spec *spec)
{
	size_t wanted = spec->width == SIZE_MAX ? 1 : spec->width;

	return strnlen(scan->at, wanted) == wanted && store_text(scan, spec, wanted, false);
}

/* %[abc], %[^abc], %[a-z]; a `]` that comes first is one of the set. *`format` is behind the `[`. */
static bool scan_set(struct scan *scan, const struct scan_spec *spec, const char **format)
{
	bool set[256] = { false }, others = **format == '^';
	const char *at = *format + others, *first = at;
	size_t length = 0;

	for (; *at && (*at != ']' || at == first); at++) {
		set[(u8)*at] = true;
		if (at[1] != '-' || !at[2] || at[2] == ']')
			continue;
		for (int c = (u8)*at; c <= (u8)at[2]; c++)
			set[c] = true;
		at += 2;
	}
	*format = *at ? at + 1 : at;
	while (length < spec->width && scan->at[length] && set[(u8)scan->at[length]] != others)
		length++;
	return store_text(scan, spec, length, true);
}

/* Returns whether the string was as the conversion wants it. */
static bool scan_one(struct scan *scan, const struct scan_spec *spec, const char **format)
{
	if (!strchr("c[n", spec->kind))
		scan->at = skip_spaces(scan->at);
	switch (spec->kind) {
	case 'd':
	case 'u':
		return scan_number(scan, spec, 10);
	case 'i':
		return scan_number(scan, spec, 0);
	case 'x':
	case 'X':
		return scan_number(scan, spec, 16);
	case 'o':
		return scan_number(scan, spec, 8);
	case 's':
		return scan_word(scan, spec);
	case 'c':
		return scan_characters(scan, spec);
	case '[':
		return scan_set(scan, spec, format);
	case 'n':
		store_number(scan, spec->size, (unsigned long long)(scan->at - scan->start));
		return true;
	case '%':
		return *scan->at++ == '%';
	default:
		return false;
	}
}

int vsscanf(const char *string, const char *format, va_list arguments)
{
	struct scan scan = { .at = string, .start = string };
	struct scan_spec spec;
	bool fits = true;

	va_copy(scan.arguments, arguments);
	while (*format && fits) {
		if (isspace((u8)*format)) {
			format = skip_spaces(format);
			scan.at = skip_spaces(scan.at);
		} else if (*format == '%') {
			format = parse_spec(format + 1, &spec);
			fits = scan_one(&scan, &spec, &format);
		} else {
			fits = *scan.at++ == *format++;
		}
	}
	va_end(scan.arguments);
	return scan.stored;
}

int sscanf(const char *string, const char *format, ...)
{
	va_list arguments;
	int stored;

	va_start(arguments, format);
	stored = vsscanf(string, format, arguments);
	va_end(arguments);
	return stored;
}
