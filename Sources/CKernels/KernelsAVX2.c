// The kernels for x86 processors with AVX2 and FMA (2013 and later).

#if defined(__x86_64__)

#define APUS_WIDTH 8
#define APUS_NAME "avx2"
#define APUS_TABLE apus_kernels_avx2

#include "Templates/SystemHeaders.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "Templates/All.h"
#pragma clang attribute pop

#endif
