/* object.h: memory that a scenario's threads free. Internal to the explorer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/explore.h"

/*
 * objects_forget - there are none. objects_share - all that there are is shared; returns false if that is too much.
 * object_freed - the word, 0 or 1, that says whether the object at @address is freed; NULL if there is none.
 * object_of - where the object is that the word at @address says this of; @address, if it is no such word.
 * Never sleep. One CPU, interrupts off.
 */
void objects_forget(void);
bool objects_share(void);
u64 *object_freed(unsigned long address);
unsigned long object_of(unsigned long address);
