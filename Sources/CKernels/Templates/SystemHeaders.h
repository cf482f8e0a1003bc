// Every header of the system that templates use; included before an instruction set is turned on,
// so that the system's inline functions keep the base set.

#pragma once

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "../KernelTable.h"
