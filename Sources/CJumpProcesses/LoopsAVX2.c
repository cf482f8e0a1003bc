// The loops for x86 processors with AVX2 and FMA.

#if defined(__x86_64__)

#define APUS_LANES 4
#define APUS_NAME "avx2"
#define APUS_LOOPS apus_jump_loops_avx2

#include "Templates/SystemHeaders.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Templates/All.h"
#pragma clang attribute pop

#endif
