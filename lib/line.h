/* line.h: a line that is typed on a terminal: editing, and the lines before it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

#define LINE_SIZE 128 /* bytes of a line, with its end */
#define LINE_PAST 16  /* lines that are remembered */

enum line_event {
	LINE_NOTHING,   /* in the middle of a key's sequence, or a key without meaning */
	LINE_CHANGED,   /* to be shown anew */
	LINE_ENTERED,   /* text is what was entered */
	LINE_CANCELLED, /* Ctrl-C */
	LINE_END,       /* Ctrl-D on an empty line */
	LINE_COMPLETE,  /* the tabulator */
};

/* All zero is an empty line without a past. One thread at a time. */
struct line {
	char text[LINE_SIZE];
	u32 n;  /* bytes of text, which is terminated */
	u32 at; /* the cursor stands before this one */

	u8 escape;     /* how far an escape sequence has come */
	char argument; /* its digit */
	bool after_cr; /* a line feed now belongs to the carriage return before it */

	char past[LINE_PAST][LINE_SIZE];
	u32 n_past;            /* lines entered so far; the last LINE_PAST of them are there */
	u32 back;              /* how far back the cursor keys have gone; 0: not at all */
	char draft[LINE_SIZE]; /* what was typed before they went there */
};

/*
 * line_take - take the byte @c from the terminal, of the keys of a VT100 and of GNU readline: left, right, home, end,
 *   delete, backspace, up, down; Ctrl-A, -B, -C, -D, -E, -F, -H, -K, -N, -P, -U, -W. Anything else that is
 *   not printable ASCII is ignored, and so is what the line has no room for.
 * line_insert - put @text in at the cursor, as far as there is room.
 * line_next - remember what was entered, unless it is empty or the same as before, and begin an empty line.
 * Never sleep. Any context.
 */
enum line_event line_take(struct line *line, char c);
void line_insert(struct line *line, const char *text);
void line_next(struct line *line);
