/* The one printf: the parser, integers, characters and strings. */
/* SPDX-License-Identifier: MIT */
#include "lib/format.h"
#include "lib/format_spec.h"
#include "lib/limits.h"
#include "lib/string.h"

/* An octal number of 64 bits has the most digits. */
#define DIGITS_MAX 22

/* Text goes through these two. What does not fit is only counted, so a huge width costs nothing. */
static void output_text(struct format_output *output, const char *text, size_t length)
{
	if (output->length < output->size)
		memcpy(output->buffer + output->length, text,
		       min(length, output->size - output->length));
	output->length += length;
}

static void output_fill(struct format_output *output, char c, size_t count)
{
	if (output->length < output->size)
		memset(output->buffer + output->length, c,
		       min(count, output->size - output->length));
	output->length += count;
}

void format_text(struct format_output *output, const struct format_spec *spec, const char *text,
		 size_t length)
{
	size_t padding = (size_t)spec->width > length ? (size_t)spec->width - length : 0;

	if (!spec->left)
		output_fill(output, ' ', padding);
	output_text(output, text, length);
	if (spec->left)
		output_fill(output, ' ', padding);
}

/* Writes the digits so that they end at `end`; returns the first. Zero has no digits. */
static char *write_digits(char *end, u64 value, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value; value /= base)
		*--end = digits[value % base];
	return end;
}

/*
 * A number is: padding, prefix (a sign or 0x), zeros up to the precision, digits, padding. Without
 * a precision there is at least one digit, and the flag 0 turns the padding in front into zeros.
 */
void format_number(struct format_output *output, const struct format_spec *spec, u64 magnitude,
		   unsigned int base, const char *prefix)
{
	char digits[DIGITS_MAX], *end = digits + DIGITS_MAX;
	char *first = write_digits(end, magnitude, base, spec->upper);
	size_t n_digits = (size_t)(end - first), n_prefix = strlen(prefix);
	size_t at_least = spec->precision < 0 ? 1 : (size_t)spec->precision;
	size_t zeros = at_least > n_digits ? at_least - n_digits : 0;
	size_t total = n_prefix + zeros + n_digits;
	size_t padding = (size_t)spec->width > total ? (size_t)spec->width - total : 0;

	if (spec->zero && !spec->left && spec->precision < 0) {
		zeros += padding;
		padding = 0;
	}
	if (!spec->left)
		output_fill(output, ' ', padding);
	output_text(output, prefix, n_prefix);
	output_fill(output, '0', zeros);
	output_text(output, first, n_digits);
	if (spec->left)
		output_fill(output, ' ', padding);
}

static s64 next_signed(const struct format_spec *spec, struct format_arguments *arguments)
{
	switch (spec->length) {
	case LENGTH_CHAR:
		return (signed char)va_arg(arguments->list, int);
	case LENGTH_SHORT:
		return (short)va_arg(arguments->list, int);
	case LENGTH_INT:
		return va_arg(arguments->list, int);
	default:
		return va_arg(arguments->list, s64);
	}
}

static u64 next_unsigned(const struct format_spec *spec, struct format_arguments *arguments)
{
	switch (spec->length) {
	case LENGTH_CHAR:
		return (unsigned char)va_arg(arguments->list, unsigned int);
	case LENGTH_SHORT:
		return (unsigned short)va_arg(arguments->list, unsigned int);
	case LENGTH_INT:
		return va_arg(arguments->list, unsigned int);
	default:
		return va_arg(arguments->list, u64);
	}
}

static void format_signed(struct format_output *output, struct format_spec *spec,
			  struct format_arguments *arguments)
{
	s64 value = next_signed(spec, arguments);
	const char *sign = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";

	format_number(output, spec, value < 0 ? -(u64)value : (u64)value, 10, sign);
}

static void format_decimal(struct format_output *output, struct format_spec *spec,
			   struct format_arguments *arguments)
{
	format_number(output, spec, next_unsigned(spec, arguments), 10, "");
}

/*
 * With # the first digit is a zero. A precision may have put one there, or else becomes larger by
 * one; without a precision the zero is a prefix, because a precision would disable the flag 0.
 */
static void format_octal(struct format_output *output, struct format_spec *spec,
			 struct format_arguments *arguments)
{
	u64 value = next_unsigned(spec, arguments);
	const char *prefix = "";
	int digits = 0;

	for (u64 rest = value; rest; rest /= 8)
		digits++;
	if (spec->alternate && spec->precision < 0 && value)
		prefix = "0";
	else if (spec->alternate && spec->precision >= 0 && spec->precision <= digits)
		spec->precision = digits + 1;
	format_number(output, spec, value, 8, prefix);
}

static void format_hexadecimal(struct format_output *output, struct format_spec *spec,
			       struct format_arguments *arguments)
{
	u64 value = next_unsigned(spec, arguments);
	const char *prefix = spec->alternate ? (spec->upper ? "0X" : "0x") : ""; // Zero, too.

	format_number(output, spec, value, 16, prefix);
}

static void format_hexadecimal_upper(struct format_output *output, struct format_spec *spec,
				     struct format_arguments *arguments)
{
	spec->upper = true;
	format_hexadecimal(output, spec, arguments);
}

static void format_character(struct format_output *output, struct format_spec *spec,
			     struct format_arguments *arguments)
{
	char c = (char)va_arg(arguments->list, int);

	format_text(output, spec, &c, 1);
}

static void format_string(struct format_output *output, struct format_spec *spec,
			  struct format_arguments *arguments)
{
	const char *string = va_arg(arguments->list, const char *);
	const char *bad = format_bad_pointer(string);
	size_t limit = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;

	if (bad)
		string = bad;
	format_text(output, spec, string, strnlen(string, limit));
}

static void format_percent(struct format_output *output, __unused struct format_spec *spec,
			   __unused struct format_arguments *arguments)
{
	output_text(output, "%", 1);
}

/* Writing through a pointer that a format names is how formats become exploits: only skip it. */
static void format_nothing(__unused struct format_output *output, __unused struct format_spec *spec,
			   struct format_arguments *arguments)
{
	(void)va_arg(arguments->list, void *);
}

typedef void (*conversion_t)(struct format_output *output, struct format_spec *spec,
			     struct format_arguments *arguments);

static const conversion_t conversions[128] = {
	['d'] = format_signed,    ['i'] = format_signed,      ['u'] = format_decimal,
	['o'] = format_octal,     ['x'] = format_hexadecimal, ['X'] = format_hexadecimal_upper,
	['c'] = format_character, ['s'] = format_string,      ['p'] = format_pointer,
	['%'] = format_percent,   ['n'] = format_nothing,
};

static const char *parse_flags(const char *at, struct format_spec *spec)
{
	for (;; at++) {
		switch (*at) {
		case '-':
			spec->left = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		case '0':
			spec->zero = true;
			break;
		default:
			return at;
		}
	}
}

/* Digits, or `*` and an argument; no digits are 0, and too many are INT_MAX. */
static const char *parse_size(const char *at, struct format_arguments *arguments, int *size)
{
	if (*at == '*') {
		*size = va_arg(arguments->list, int);
		return at + 1;
	}
	for (*size = 0; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(*size, 10, size) ||
		    __builtin_add_overflow(*size, *at - '0', size))
			*size = INT_MAX;
	}
	return at;
}

static const char *parse_length(const char *at, struct format_spec *spec)
{
	char first = *at;

	switch (first) {
	case 'h':
		spec->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
		break;
	case 'l':
	case 'z':
	case 't':
	case 'j':
		spec->length = LENGTH_64;
		break;
	default:
		return at;
	}
	at++;
	return *at == first && (first == 'h' || first == 'l') ? at + 1 : at;
}

/* Parses what follows the `%`; returns the conversion's function, NULL if there is none. */
static conversion_t parse_spec(const char *at, struct format_spec *spec,
			       struct format_arguments *arguments)
{
	*spec = (struct format_spec){ .precision = -1 };
	at = parse_size(parse_flags(at, spec), arguments, &spec->width);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = spec->width == INT_MIN ? INT_MAX : -spec->width;
	}
	if (*at == '.')
		at = parse_size(at + 1, arguments, &spec->precision);
	at = parse_length(at, spec);
	spec->end = *at ? at + 1 : at;
	return (u8)*at < ARRAY_SIZE(conversions) ? conversions[(u8)*at] : NULL;
}

/* Formats one conversion, of which `format` is the `%`; returns what follows it. */
static const char *format_one(struct format_output *output, const char *format,
			      struct format_arguments *arguments)
{
	struct format_spec spec;
	conversion_t convert = parse_spec(format + 1, &spec, arguments);

	if (convert)
		convert(output, &spec, arguments);
	else
		output_text(output, format, (size_t)(spec.end - format));
	return spec.end;
}

/* The length of the text before the next conversion. */
static size_t plain_length(const char *format)
{
	size_t length = 0;

	while (format[length] && format[length] != '%')
		length++;
	return length;
}

void format_all(struct format_output *output, const char *format,
		struct format_arguments *arguments)
{
	while (*format) {
		size_t plain = plain_length(format);

		output_text(output, format, plain);
		format += plain;
		if (*format)
			format = format_one(output, format, arguments);
	}
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct format_output output = { .buffer = buffer, .size = size };
	struct format_arguments copy;

	va_copy(copy.list, arguments);
	format_all(&output, format, &copy);
	va_end(copy.list);
	if (size)
		buffer[min(output.length, size - 1)] = '\0';
	return (int)min(output.length, (size_t)INT_MAX);
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

int vscnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
	size_t length = (size_t)vsnprintf(buffer, size, format, arguments);

	if (!size)
		return 0;
	return (int)min(length, size - 1);
}

int scnprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vscnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

int vsprintf(char *buffer, const char *format, va_list arguments)
{
	return vsnprintf(buffer, INT_MAX, format, arguments);
}

int sprintf(char *buffer, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsprintf(buffer, format, arguments);
	va_end(arguments);
	return length;
}
