/* ubsan.c: what the compiler calls when it meets undefined behaviour (-fsanitize=undefined).
 * SPDX-License-Identifier: MIT
 *
 * The compiler puts a check before each operation that C leaves undefined for some values, and
 * calls one of these functions with a description of the place, in its own data, and with the
 * values. Their names and arguments are the compilers', the same in gcc 12 and clang 14. Each place
 * is reported once; the run goes on, and cannot pass any more (warn_count()).
 */
#include <arch/atomic.h>

#include "kernel/base/preempt.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "lib/format.h"

/* Declared and defined at once: nobody but the compiler calls these. */
#define HANDLER(name, ...)                                                                         \
	void __ubsan_handle_##name(__VA_ARGS__);                                                   \
	void __ubsan_handle_##name(__VA_ARGS__)

/* ---- What the compilers pass ----------------------------------------------------------------- */

struct place {
	const char *file;
	u32 line;
	u32 column; /* [a] PLACE_REPORTED once it was reported */
};
#define PLACE_REPORTED (~0U)

struct type {
	u16 kind; /* 0 integer, 1 floating point, 0xffff anything else */
	u16 info; /* of an integer: bit 0 signed, bits 1-15 the logarithm of its width in bits */
	char name[];
};

struct type_data {
	struct place place;
	const struct type *type;
};

struct two_types_data {
	struct place place;
	const struct type *left, *right;
};

struct mismatch_data {
	struct place place;
	const struct type *type;
	u8 log_alignment;
	u8 kind;
};

struct builtin_data {
	struct place place;
	u8 kind;
};

struct nonnull_data {
	struct place place;
	struct place attribute;
	int argument; /* counted from 1 */
};

struct alignment_data {
	struct place place;
	struct place assumption;
	const struct type *type;
};

/* ---- Values in words ------------------------------------------------------------------------- */

#define VALUE_TEXT 48

static unsigned int type_width(const struct type *type)
{
	return 1U << (type->info >> 1);
}

static bool type_is_signed(const struct type *type)
{
	return type->kind == 0 && (type->info & 1);
}

/* Values of up to 64 bits are passed themselves, extended or not, and wider ones by address. */
static s64 value_signed(const struct type *type, unsigned long value)
{
	unsigned int unused = 64 - min(type_width(type), 64U);

	return (s64)((u64)value << unused) >> unused;
}

static const char *value_text(char text[VALUE_TEXT], const struct type *type, unsigned long value)
{
	const u64 *wide = (const u64 *)value;

	if (type->kind != 0)
		snprintf(text, VALUE_TEXT, "(some %s)", type->name);
	else if (type_width(type) > 64)
		snprintf(text, VALUE_TEXT, "0x%016llx%016llx", wide[1], wide[0]);
	else if (type_is_signed(type))
		snprintf(text, VALUE_TEXT, "%lld", value_signed(type, value));
	else
		snprintf(text, VALUE_TEXT, "%lu", value);
	return text;
}

static bool value_is_negative(const struct type *type, unsigned long value)
{
	return type_is_signed(type) && type_width(type) <= 64 && value_signed(type, value) < 0;
}

/* ---- The report ------------------------------------------------------------------------------ */

/* [c] Whether this CPU is in a report: undefined behaviour in there must not begin another. */
static DEFINE_PER_CPU(u32, reporting);

static noinline void __printf(2, 3) report(struct place *place, const char *fmt, ...)
{
	const unsigned long *frame = __builtin_frame_address(0);
	char what[192];
	u32 column;
	va_list args;

	warn_count_add();
	preempt_disable();
	if (this_cpu_read(reporting) || READ_ONCE(place->column) == PLACE_REPORTED)
		goto out;
	column = xchg(&place->column, PLACE_REPORTED);
	if (column == PLACE_REPORTED)
		goto out;
	this_cpu_inc(reporting);
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	report_begin();
	pr_emerg("ubsan: %s:%u:%u: %s", place->file, place->line, column, what);
	pr_emerg("backtrace:");
	backtrace_print(0, *frame); // the handler's frame: what it returns to is the place itself
	pr_emerg("What to do: C gives this no meaning and the optimizer relies on its absence; "
		 "correct that line.");
	warn_end();
	this_cpu_dec(reporting);
out:
	preempt_enable();
}

/* ---- Arithmetic ------------------------------------------------------------------------------ */

static void overflow(struct type_data *data, unsigned long left, const char *op,
		     unsigned long right)
{
	char a[VALUE_TEXT], b[VALUE_TEXT];

	report(&data->place, "%s integer overflow: %s %s %s does not fit into %s",
	       type_is_signed(data->type) ? "signed" : "unsigned", value_text(a, data->type, left),
	       op, value_text(b, data->type, right), data->type->name);
}

HANDLER(add_overflow, struct type_data *data, unsigned long left, unsigned long right)
{
	overflow(data, left, "+", right);
}

HANDLER(sub_overflow, struct type_data *data, unsigned long left, unsigned long right)
{
	overflow(data, left, "-", right);
}

HANDLER(mul_overflow, struct type_data *data, unsigned long left, unsigned long right)
{
	overflow(data, left, "*", right);
}

HANDLER(negate_overflow, struct type_data *data, unsigned long value)
{
	char text[VALUE_TEXT];

	report(&data->place, "negation of %s does not fit into %s",
	       value_text(text, data->type, value), data->type->name);
}

HANDLER(divrem_overflow, struct type_data *data, unsigned long left, unsigned long right)
{
	char a[VALUE_TEXT], b[VALUE_TEXT];

	report(&data->place, "division of %s by %s", value_text(a, data->type, left),
	       value_text(b, data->type, right));
}

HANDLER(shift_out_of_bounds, struct two_types_data *data, unsigned long left, unsigned long right)
{
	char a[VALUE_TEXT], b[VALUE_TEXT];
	const char *why = "the result does not fit";

	if (value_is_negative(data->right, right))
		why = "the distance is negative";
	else if (type_width(data->right) > 64 || right >= type_width(data->left))
		why = "the distance is not less than the width";
	else if (value_is_negative(data->left, left))
		why = "the value is negative";
	report(&data->place, "shift of %s by %s in %s: %s", value_text(a, data->left, left),
	       value_text(b, data->right, right), data->left->name, why);
}

HANDLER(implicit_conversion, struct two_types_data *data, unsigned long from, unsigned long to)
{
	char a[VALUE_TEXT], b[VALUE_TEXT];

	report(&data->place, "implicit conversion of %s from %s to %s makes it %s",
	       value_text(a, data->left, from), data->left->name, data->right->name,
	       value_text(b, data->right, to));
}

HANDLER(invalid_builtin, struct builtin_data *data)
{
	report(&data->place, "__builtin_%s() of 0", data->kind == 0 ? "ctz" : "clz");
}

/* ---- Objects --------------------------------------------------------------------------------- */

HANDLER(out_of_bounds, struct two_types_data *data, unsigned long index)
{
	char text[VALUE_TEXT];

	report(&data->place, "index %s is out of bounds for %s",
	       value_text(text, data->right, index), data->left->name);
}

HANDLER(type_mismatch_v1, struct mismatch_data *data, unsigned long pointer)
{
	static const char *const kinds[] = { "read of", "write to", "reference to", "member of" };
	const char *kind = data->kind < ARRAY_SIZE(kinds) ? kinds[data->kind] : "use of";
	unsigned long alignment = 1UL << data->log_alignment;

	if (!pointer)
		report(&data->place, "%s %s at a NULL pointer", kind, data->type->name);
	else if (slab_is_poison(pointer))
		report(&data->place,
		       "%s %s at %#lx: a pointer that was read in memory that was freed (0x6b), or that nobody has written to (0xa5)",
		       kind, data->type->name, pointer);
	else if (pointer & (alignment - 1))
		report(&data->place, "%s %s at %#lx, which is not a multiple of %lu", kind,
		       data->type->name, pointer, alignment);
	else
		report(&data->place, "%s %s at %#lx, where there is no room for one", kind,
		       data->type->name, pointer);
}

HANDLER(pointer_overflow, struct place *place, unsigned long base, unsigned long result)
{
	if (!base)
		report(place, "offset %#lx added to a NULL pointer", result);
	else if (!result)
		report(place, "pointer %#lx became NULL by an offset", base);
	else
		report(place, "pointer %#lx wrapped around to %#lx by an offset", base, result);
}

HANDLER(load_invalid_value, struct type_data *data, unsigned long value)
{
	char text[VALUE_TEXT];

	report(&data->place, "value %s is none that %s can have",
	       value_text(text, data->type, value), data->type->name);
}

HANDLER(vla_bound_not_positive, struct type_data *data, unsigned long bound)
{
	char text[VALUE_TEXT];

	report(&data->place, "array of %s elements", value_text(text, data->type, bound));
}

HANDLER(alignment_assumption, struct alignment_data *data, unsigned long pointer,
	unsigned long alignment, unsigned long offset)
{
	report(&data->place, "pointer %#lx (%s) is promised to be at %lu from a multiple of %lu",
	       pointer, data->type->name, offset, alignment);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

HANDLER(nonnull_arg, struct nonnull_data *data)
{
	report(&data->place, "argument %d is NULL and is declared never to be", data->argument);
}

HANDLER(nullability_arg, struct nonnull_data *data)
{
	__ubsan_handle_nonnull_arg(data);
}

HANDLER(nonnull_return_v1, const struct place *attribute, struct place *place)
{
	report(place, "NULL is returned by a function that is declared never to do that");
}

HANDLER(nullability_return_v1, const struct place *attribute, struct place *place)
{
	__ubsan_handle_nonnull_return_v1(attribute, place);
}

HANDLER(function_type_mismatch, struct type_data *data, unsigned long function)
{
	report(&data->place, "%pS is called as %s, which it is not", (void *)function,
	       data->type->name);
}

/* The compiler has nothing to go on with after these two. */
HANDLER(builtin_unreachable, const struct place *place)
{
	panic("ubsan: %s:%u:%u: a place was reached that the code says is unreachable", place->file,
	      place->line, place->column);
}

HANDLER(missing_return, const struct place *place)
{
	panic("ubsan: %s:%u:%u: a function ended without the value it returns", place->file,
	      place->line, place->column);
}
