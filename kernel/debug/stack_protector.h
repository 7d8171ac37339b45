/* stack_protector.h: a random word between a function's arrays and its return address.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/*
 * stack_protector_init - choose the word.
 * Never sleeps. Boot CPU, first of all: a function that is entered before must not return after.
 */
void stack_protector_init(void);
