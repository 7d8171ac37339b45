/* module_param.c: reading the values of modules' parameters.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/module_param.h"

#include "kernel/core/kstrdup.h"
#include "kernel/core/page.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/kthread.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

/* From the linker script. */
extern const struct kernel_param module_params_start[], module_params_end[];

/* ---- Types ---- */

#define DEFINE_SIGNED(name, type)                                                                  \
	int param_set_##name(const char *val, const struct kernel_param *kp)                       \
	{                                                                                          \
		long long number;                                                                  \
		int error = val ? kstrtoll(val, 0, &number) : -EINVAL;                             \
                                                                                                   \
		if (error)                                                                         \
			return error;                                                              \
		if ((long long)(type)number != number)                                             \
			return -ERANGE;                                                            \
		*(type *)kp->arg = (type)number;                                                   \
		return 0;                                                                          \
	}                                                                                          \
	int param_get_##name(char *buffer, const struct kernel_param *kp)                          \
	{                                                                                          \
		return scnprintf(buffer, PAGE_SIZE, "%lld\n", (long long)*(type *)kp->arg);        \
	}                                                                                          \
	const struct kernel_param_ops param_ops_##name = { .set = param_set_##name,                \
							   .get = param_get_##name }

#define DEFINE_UNSIGNED(name, type, format)                                                        \
	int param_set_##name(const char *val, const struct kernel_param *kp)                       \
	{                                                                                          \
		unsigned long long number;                                                         \
		int error = val ? kstrtoull(val, 0, &number) : -EINVAL;                            \
                                                                                                   \
		if (error)                                                                         \
			return error;                                                              \
		if ((unsigned long long)(type)number != number)                                    \
			return -ERANGE;                                                            \
		*(type *)kp->arg = (type)number;                                                   \
		return 0;                                                                          \
	}                                                                                          \
	int param_get_##name(char *buffer, const struct kernel_param *kp)                          \
	{                                                                                          \
		return scnprintf(buffer, PAGE_SIZE, format, (unsigned long long)*(type *)kp->arg); \
	}                                                                                          \
	const struct kernel_param_ops param_ops_##name = { .set = param_set_##name,                \
							   .get = param_get_##name }

DEFINE_UNSIGNED(byte, unsigned char, "%llu\n");
DEFINE_SIGNED(short, short);
DEFINE_UNSIGNED(ushort, unsigned short, "%llu\n");
DEFINE_SIGNED(int, int);
DEFINE_UNSIGNED(uint, unsigned int, "%llu\n");
DEFINE_UNSIGNED(hexint, unsigned int, "%#llx\n");
DEFINE_SIGNED(long, long);
DEFINE_UNSIGNED(ulong, unsigned long, "%llu\n");
DEFINE_UNSIGNED(ullong, unsigned long long, "%llu\n");

int param_set_uint_minmax(const char *val, const struct kernel_param *kp, unsigned int min,
			  unsigned int max)
{
	unsigned int number;
	int error = val ? kstrtouint(val, 0, &number) : -EINVAL;

	if (!error && (number < min || number > max))
		error = -ERANGE;
	if (!error)
		*(unsigned int *)kp->arg = number;
	return error;
}

/* The name alone means yes. */
int param_set_bool(const char *val, const struct kernel_param *kp)
{
	static const char *const yes[] = { "1", "y", "Y", "t", "T", "on", "yes", "true" };
	static const char *const no[] = { "0", "n", "N", "f", "F", "off", "no", "false" };

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++) {
		bool is_yes = !val || !strcmp(val, yes[i]);

		if (!is_yes && strcmp(val, no[i]))
			continue;
		*(bool *)kp->arg = is_yes;
		return 0;
	}
	return -EINVAL;
}

int param_get_bool(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'Y' : 'N');
}

int param_set_invbool(const char *val, const struct kernel_param *kp)
{
	int error = param_set_bool(val, kp);

	if (!error)
		*(bool *)kp->arg = !*(bool *)kp->arg;
	return error;
}

int param_get_invbool(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'N' : 'Y');
}

/* Parameters are set once, so what they point to stays. */
int param_set_charp(const char *val, const struct kernel_param *kp)
{
	char *copy = val ? kstrdup(val, GFP_KERNEL) : NULL;

	if (!copy)
		return val ? -ENOMEM : -EINVAL;
	*(char **)kp->arg = copy;
	return 0;
}

int param_get_charp(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", *(char **)kp->arg);
}

int param_set_copystring(const char *val, const struct kernel_param *kp)
{
	if (!val)
		return -EINVAL;
	if (strlen(val) >= kp->str->maxlen)
		return -ENOSPC;
	strscpy(kp->str->string, val, kp->str->maxlen);
	return 0;
}

int param_get_string(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", kp->str->string);
}

/* Set element @i to the first @length characters of @val. */
static int set_element(const struct kernel_param *kp, unsigned int i, const char *val,
		       size_t length)
{
	struct kernel_param element = *kp;
	char *text = kstrndup(val, length, GFP_KERNEL);
	int error;

	if (!text)
		return -ENOMEM;
	element.arg = (char *)kp->arr->elem + i * kp->arr->elemsize;
	error = kp->arr->ops->set(text, &element);
	kfree(text);
	return error;
}

static int param_array_set(const char *val, const struct kernel_param *kp)
{
	const struct kparam_array *array = kp->arr;
	unsigned int n = 0;
	int error;

	if (!val)
		return -EINVAL;
	for (const char *at = val, *end = val; *end; at = end + 1) {
		end = strchr(at, ',') ?: at + strlen(at);
		if (n == array->max)
			return -ENOSPC;
		error = set_element(kp, n++, at, (size_t)(end - at));
		if (error)
			return error;
	}
	if (array->num)
		*array->num = n;
	return 0;
}

static int param_array_get(char *buffer, const struct kernel_param *kp)
{
	const struct kparam_array *array = kp->arr;
	unsigned int n = array->num ? *array->num : array->max;
	struct kernel_param element = *kp;
	int used = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (i) // Over the newline.
			buffer[used - 1] = ',';
		element.arg = (char *)array->elem + i * array->elemsize;
		used += array->ops->get(buffer + used, &element);
	}
	return used;
}

const struct kernel_param_ops param_ops_bool = { .flags = KERNEL_PARAM_OPS_FL_NOARG,
						 .set = param_set_bool,
						 .get = param_get_bool };
const struct kernel_param_ops param_ops_invbool = { .flags = KERNEL_PARAM_OPS_FL_NOARG,
						    .set = param_set_invbool,
						    .get = param_get_invbool };
const struct kernel_param_ops param_ops_charp = { .set = param_set_charp, .get = param_get_charp };
const struct kernel_param_ops param_ops_string = { .set = param_set_copystring,
						   .get = param_get_string };
const struct kernel_param_ops param_array_ops = { .set = param_array_set, .get = param_array_get };

/* ---- PARAMS ---- */

/* Whether the first @n characters of @text are @name; a dash is as good as an underscore. */
static bool is_name(const char *text, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && name[i] && (text[i] == name[i] || (text[i] == '-' && name[i] == '_')))
		i++;
	return i == n && !name[i];
}

/* Whether the word with the key of @n characters means @param. */
static bool means(const char *key, size_t n, const struct kernel_param *param)
{
	size_t prefix = strlen(param->module);

	if (!param->mod)
		return false;
	if (is_name(key, n, param->name))
		return true;
	return n > prefix && key[prefix] == '.' && is_name(key, prefix, param->module) &&
	       is_name(key + prefix + 1, n - prefix - 1, param->name);
}

static void print_unknown(const char *word, size_t n)
{
	const struct kernel_param *param;
	char line[PRINTK_LINE];
	int used = 0;

	line[0] = '\0';
	for (param = module_params_start; param < module_params_end; param++) {
		if (param->mod)
			used += scnprintf(line + used, sizeof(line) - (size_t)used, "%s%s.%s (%s)",
					  used ? ", " : "", param->module, param->name,
					  param->type);
	}
	pr_plain("PARAMS: there is no parameter %.*s; %s%s\n", (int)n, word,
		 used ? "there are: " : "no module has any", line);
}

static bool set_one(const struct kernel_param *param, const char *val)
{
	int error = val || param->ops->flags & KERNEL_PARAM_OPS_FL_NOARG ?
			    param->ops->set(val, param) :
			    -EINVAL;

	if (!error)
		return true;
	pr_plain("PARAMS: %s.%s=%s is refused (%pe): accepted is %s\n", param->module, param->name,
		 val ?: "", ERR_PTR(error), param->type);
	return false;
}

static bool set_word(char *word)
{
	char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	bool found = false;

	for (const struct kernel_param *param = module_params_start; param < module_params_end;
	     param++) {
		if (!means(word, n, param))
			continue;
		found = true;
		if (!set_one(param, equals ? equals + 1 : NULL))
			return false;
	}
	if (!found)
		print_unknown(word, n);
	return found;
}

/* End the word at *@at, without its quotes, and move *@at behind it. Returns it, or NULL at the end. */
static char *next_word(char **at)
{
	char *from = *at, *word, *to;
	bool quoted = false;

	while (*from == ' ')
		from++;
	if (!*from)
		return NULL;
	word = from;
	to = from;
	for (; *from && (quoted || *from != ' '); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*at = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

bool module_params_set(const char *line)
{
	char *copy = kstrdup(line, GFP_KERNEL);
	char *at = copy, *word;
	bool good = copy;

	while (good && (word = next_word(&at)))
		good = set_word(word);
	kfree(copy);
	return good;
}
