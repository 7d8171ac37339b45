/* <asm/unistd.h> for modules: calls by user programs. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
