/* jhash.h: a hash of bytes or words: Bob Jenkins' lookup3, of 2006, which is in the public domain.
 * SPDX-License-Identifier: MIT
 *
 * Three words are mixed with each twelve bytes; each step is reversible, so nothing that was mixed in is lost, and the last one sees to
 * it that every bit of the input changes half of the bits of the result. The values are Linux's.
 */
#pragma once

#include "lib/bits.h"
#include "lib/string.h"
#include "lib/types.h"

#define JHASH_INITVAL 0xdeadbeefu

struct jhash_state {
	u32 a, b, c;
};

static inline u32 __jhash_rol(u32 word, unsigned int by)
{
	return word << by | word >> (32 - by);
}

static inline void __jhash_mix(struct jhash_state *s)
{
	static const u8 turns[] = { 4, 6, 8, 16, 19, 4 };

	for (unsigned int i = 0; i < sizeof(turns); i++) {
		u32 a = s->a - s->c;

		// In the next step b has the role that a has in this one, c that of b, a that of c.
		a ^= __jhash_rol(s->c, turns[i]);
		*s = (struct jhash_state){ s->b, s->c + s->b, a };
	}
}

/* What is at @key, @n bytes, as a number: the first byte is the lowest. */
static inline u32 __jhash_word(const u8 *key, u32 n)
{
	u32 word = 0;

	memcpy(&word, key, n);
	return word;
}

static inline u32 __jhash_final(struct jhash_state s)
{
	static const u8 turns[] = { 14, 11, 25, 16, 4, 14, 24 };

	for (unsigned int i = 0; i < sizeof(turns); i++) {
		u32 c = (s.c ^ s.b) - __jhash_rol(s.b, turns[i]);

		s = (struct jhash_state){ s.b, c, s.a };
	}
	return s.b;
}

/* jhash - of @length bytes. jhash2 - of @n words; jhash_1word and so on. @initval: any number, for other hashes. */
static inline u32 jhash(const void *key, u32 length, u32 initval)
{
	u32 first = JHASH_INITVAL + length + initval;
	struct jhash_state s = { first, first, first };
	const u8 *at = key;

	for (; length > 12; length -= 12, at += 12) {
		s.a += __jhash_word(at, 4);
		s.b += __jhash_word(at + 4, 4);
		s.c += __jhash_word(at + 8, 4);
		__jhash_mix(&s);
	}
	if (!length)
		return s.c;
	s.a += __jhash_word(at, length < 4 ? length : 4);
	if (length > 4)
		s.b += __jhash_word(at + 4, length < 8 ? length - 4 : 4);
	if (length > 8)
		s.c += __jhash_word(at + 8, length - 8);
	return __jhash_final(s);
}

static inline u32 jhash2(const u32 *key, u32 n, u32 initval)
{
	return jhash(key, n * 4, initval);
}

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	return jhash2((const u32[]){ a, b, c }, 3, initval);
}

static inline u32 jhash_2words(u32 a, u32 b, u32 initval)
{
	return jhash2((const u32[]){ a, b }, 2, initval);
}

static inline u32 jhash_1word(u32 a, u32 initval)
{
	return jhash2(&a, 1, initval);
}
