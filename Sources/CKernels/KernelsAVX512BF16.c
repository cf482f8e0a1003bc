// The kernels that multiply bfloat16 numbers, for x86 processors with AVX512-BF16 (Zen 4, Cooper
// Lake and later).

#if defined(__x86_64__)

#define APUS_WIDTH 16

#include "Templates/SystemHeaders.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c,avx2"))), \
    apply_to = function)
#include "Templates/FusedProductBFloat16.h"
#pragma clang attribute pop

#endif
