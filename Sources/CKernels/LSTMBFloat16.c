// The LSTM's loops for bfloat16 operands: AVX-512 with AVX512-BF16 (Cooper Lake, Zen 4 and later).

#if defined(__x86_64__)

#define APUS_WIDTH 16
#define APUS_BFLOAT16_PAIRS 1

#include "Templates/SystemHeaders.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c,avx2"))), \
    apply_to = function)
#include "Templates/LSTM.h"
#pragma clang attribute pop

#endif
