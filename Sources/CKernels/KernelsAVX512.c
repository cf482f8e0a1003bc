// The kernels for x86 processors with AVX-512 (F, BW, DQ and VL: Skylake-SP, Zen 4 and later).

#if defined(__x86_64__)

#define APUS_WIDTH 16
#define APUS_NAME "avx512"
#define APUS_TABLE apus_kernels_avx512

#include "Templates/SystemHeaders.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,avx2"))), \
    apply_to = function)
#include "Templates/All.h"
#pragma clang attribute pop

#endif
