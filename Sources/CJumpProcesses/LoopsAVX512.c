// The loops for x86 processors with AVX-512 (F, BW, DQ and VL).

#if defined(__x86_64__)

#define APUS_LANES 8
#define APUS_NAME "avx512"
#define APUS_LOOPS apus_jump_loops_avx512

#include "Templates/SystemHeaders.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,avx2"))), apply_to = function)
#include "Templates/All.h"
#pragma clang attribute pop

#endif
