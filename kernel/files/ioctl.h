/* ioctl.h: the numbers of commands to devices: direction, size of the argument, a letter of the driver's, a number.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

#define _IOC_NRBITS   8
#define _IOC_TYPEBITS 8
#define _IOC_SIZEBITS 14

#define _IOC_NRSHIFT   0
#define _IOC_TYPESHIFT 8
#define _IOC_SIZESHIFT 16
#define _IOC_DIRSHIFT  30

#define _IOC_NONE  0u
#define _IOC_WRITE 1u /* the program writes the argument */
#define _IOC_READ  2u /* it reads it */

#define _IOC(dir, type, nr, size)                                                                  \
	(((unsigned int)(dir) << _IOC_DIRSHIFT) | ((unsigned int)(type) << _IOC_TYPESHIFT) |       \
	 ((unsigned int)(nr) << _IOC_NRSHIFT) | ((unsigned int)(size) << _IOC_SIZESHIFT))

#define _IO(type, nr)             _IOC(_IOC_NONE, (type), (nr), 0)
#define _IOR(type, nr, argument)  _IOC(_IOC_READ, (type), (nr), sizeof(argument))
#define _IOW(type, nr, argument)  _IOC(_IOC_WRITE, (type), (nr), sizeof(argument))
#define _IOWR(type, nr, argument) _IOC(_IOC_READ | _IOC_WRITE, (type), (nr), sizeof(argument))

#define _IOC_DIR(command)  (((command) >> _IOC_DIRSHIFT) & 3u)
#define _IOC_TYPE(command) (((command) >> _IOC_TYPESHIFT) & 0xffu)
#define _IOC_NR(command)   (((command) >> _IOC_NRSHIFT) & 0xffu)
#define _IOC_SIZE(command) (((command) >> _IOC_SIZESHIFT) & 0x3fffu)
