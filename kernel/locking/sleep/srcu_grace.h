/* srcu_grace.h: what SRCU's callbacks want of its grace periods, and the other way round; and the explorer of both.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/srcu.h"

/*
 * srcu_advance - take the grace period of @srcu as far as it goes without waiting for a reader; begin one, if
 *   none is under way. It has ended when the rounds say so. Caller holds srcu->updaters.
 * srcu_check_init - checked: panics if @srcu, used at @where, is not initialized.
 * Never sleep.
 */
void srcu_advance(struct srcu_struct *srcu);
void srcu_check_init(const struct srcu_struct *srcu, unsigned long where);

/*
 * srcu_has_callbacks - whether some wait to be called: old at once. Any context.
 * srcu_callbacks_leave - wait until their thread has let @srcu go. Sleeps.
 */
bool srcu_has_callbacks(struct srcu_struct *srcu);
void srcu_callbacks_leave(struct srcu_struct *srcu);

/* srcu_callbacks_begin, srcu_callbacks_turn - as those of rcu_head.h, of all structures. */
void srcu_callbacks_begin(void);
void srcu_callbacks_turn(void);
