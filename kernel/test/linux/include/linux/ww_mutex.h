/* <linux/ww_mutex.h> for Linux's own tests: mutexes that give way to older ones, which are not here. What a file
 * needs of them to compile is in the header that is included ahead of it.
 * SPDX-License-Identifier: MIT
 */
#pragma once
