// The kernels that multiply bfloat16 numbers in tiles, for x86 processors with AMX-BF16 (Sapphire
// Rapids and later).

#if defined(__x86_64__)

#define APUS_WIDTH 16
#define APUS_AMX 1

#include "Templates/SystemHeaders.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c,avx2," \
                          "amx-tile,amx-bf16"))), \
    apply_to = function)
#include "Templates/FusedProductBFloat16.h"
#pragma clang attribute pop

#endif
