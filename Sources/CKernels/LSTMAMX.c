// The LSTM's loops for bfloat16 operands in tiles: AMX (Sapphire Rapids and later).

#if defined(__x86_64__)

#define APUS_WIDTH 16
#define APUS_BFLOAT16_PAIRS 1
#define APUS_AMX 1

#include "Templates/SystemHeaders.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c,avx2," \
                          "amx-tile,amx-bf16"))), \
    apply_to = function)
#include "Templates/LSTM.h"
#pragma clang attribute pop

#endif
