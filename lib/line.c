/* line.c: editing a line, key by key.
 * SPDX-License-Identifier: MIT
 */
#include "lib/line.h"

#include "lib/ctype.h"
#include "lib/string.h"

#define CTRL(letter) ((letter) - '@')
#define ESCAPE       '\033'
#define DELETE       '\177'

/* line->escape */
enum { NO_ESCAPE, AFTER_ESCAPE, IN_SEQUENCE };

static void set_text(struct line *line, const char *text)
{
	strscpy(line->text, text, sizeof(line->text));
	line->n = (u32)strlen(line->text);
	line->at = line->n;
}

void line_insert(struct line *line, const char *text)
{
	for (; *text && line->n < LINE_SIZE - 1; text++) {
		memmove(line->text + line->at + 1, line->text + line->at, line->n - line->at + 1);
		line->text[line->at++] = *text;
		line->n++;
	}
}

/* Take out the bytes from @from up to the cursor. */
static enum line_event cut(struct line *line, u32 from)
{
	if (from == line->at)
		return LINE_NOTHING;
	memmove(line->text + from, line->text + line->at, line->n - line->at + 1);
	line->n -= line->at - from;
	line->at = from;
	return LINE_CHANGED;
}

static enum line_event cut_next(struct line *line)
{
	if (line->at == line->n)
		return LINE_NOTHING;
	line->at++;
	return cut(line, line->at - 1);
}

static enum line_event cut_word(struct line *line)
{
	u32 from = line->at;

	while (from > 0 && line->text[from - 1] == ' ')
		from--;
	while (from > 0 && line->text[from - 1] != ' ')
		from--;
	return cut(line, from);
}

static enum line_event cut_rest(struct line *line)
{
	line->n = line->at;
	line->text[line->n] = '\0';
	return LINE_CHANGED;
}

static enum line_event go(struct line *line, u32 at)
{
	if (at > line->n || at == line->at)
		return LINE_NOTHING;
	line->at = at;
	return LINE_CHANGED;
}

/* Show the line that was entered @back lines ago; 0 is what was typed before. */
static enum line_event go_back(struct line *line, u32 back)
{
	u32 kept = line->n_past < LINE_PAST ? line->n_past : LINE_PAST;

	if (back > kept)
		return LINE_NOTHING;
	if (line->back == 0)
		strscpy(line->draft, line->text, sizeof(line->draft));
	set_text(line, back ? line->past[(line->n_past - back) % LINE_PAST] : line->draft);
	line->back = back;
	return LINE_CHANGED;
}

static enum line_event older(struct line *line)
{
	return go_back(line, line->back + 1);
}

static enum line_event newer(struct line *line)
{
	return line->back ? go_back(line, line->back - 1) : LINE_NOTHING;
}

/* The last byte of `ESC [ digit? @c` or of `ESC O @c`. */
static enum line_event end_of_sequence(struct line *line, char c)
{
	switch (c) {
	case 'A':
		return older(line);
	case 'B':
		return newer(line);
	case 'C':
		return go(line, line->at + 1);
	case 'D':
		return go(line, line->at - 1);
	case 'H':
		return go(line, 0);
	case 'F':
		return go(line, line->n);
	case '~':
		if (line->argument == '3')
			return cut_next(line);
		if (line->argument == '1' || line->argument == '7')
			return go(line, 0);
		return line->argument == '4' || line->argument == '8' ? go(line, line->n) :
									LINE_NOTHING;
	default:
		return LINE_NOTHING;
	}
}

static enum line_event take_escaped(struct line *line, char c)
{
	if (line->escape == AFTER_ESCAPE) {
		line->escape = c == '[' || c == 'O' ? IN_SEQUENCE : NO_ESCAPE;
		line->argument = '\0';
		return LINE_NOTHING;
	}
	if (isdigit(c) || c == ';') {
		line->argument = c;
		return LINE_NOTHING;
	}
	line->escape = NO_ESCAPE;
	return end_of_sequence(line, c);
}

static enum line_event take_control(struct line *line, char c)
{
	switch (c) {
	case CTRL('A'):
		return go(line, 0);
	case CTRL('B'):
		return go(line, line->at - 1);
	case CTRL('C'):
		return LINE_CANCELLED;
	case CTRL('D'):
		return line->n ? cut_next(line) : LINE_END;
	case CTRL('E'):
		return go(line, line->n);
	case CTRL('F'):
		return go(line, line->at + 1);
	case CTRL('H'):
	case DELETE:
		return line->at ? cut(line, line->at - 1) : LINE_NOTHING;
	case CTRL('K'):
		return cut_rest(line);
	case CTRL('N'):
		return newer(line);
	case CTRL('P'):
		return older(line);
	case CTRL('U'):
		return cut(line, 0);
	case CTRL('W'):
		return cut_word(line);
	case '\t':
		return LINE_COMPLETE;
	case ESCAPE:
		line->escape = AFTER_ESCAPE;
		return LINE_NOTHING;
	default:
		return LINE_NOTHING;
	}
}

enum line_event line_take(struct line *line, char c)
{
	bool second = c == '\n' && line->after_cr;
	char text[2] = { c, '\0' };

	line->after_cr = c == '\r';
	if (second)
		return LINE_NOTHING;
	if (line->escape != NO_ESCAPE)
		return take_escaped(line, c);
	if (c == '\r' || c == '\n')
		return LINE_ENTERED;
	if (c < ' ' || c == DELETE)
		return take_control(line, c);
	line_insert(line, text);
	return LINE_CHANGED;
}

void line_next(struct line *line)
{
	const char *last = line->past[(line->n_past - 1) % LINE_PAST];

	if (line->n && (!line->n_past || strcmp(last, line->text)))
		strscpy(line->past[line->n_past++ % LINE_PAST], line->text, LINE_SIZE);
	line->back = 0;
	set_text(line, "");
}
