// Which instruction set the kernels use.
//
// The best that the processor and the library both have is chosen before the first call. The
// environment variable `APUS_ISA` (`portable`, `avx2`, `avx512` or `amx`) chooses another.

#pragma once

#include <stdbool.h>

#pragma clang assume_nonnull begin

/// The name of the instruction set the calling thread uses: "portable", "avx2", "avx512" or "amx".
const char *apus_isa_name(void);

/// Why `APUS_ISA` was not followed, as a sentence; null where it was, or is not set.
const char *_Nullable apus_isa_problem(void);

/// How many instruction sets this library has and this processor supports; at least 1.
int apus_isa_count(void);

/// The name of one of them, from 0 (portable) to `apus_isa_count() - 1` (the best).
const char *apus_isa_name_at(int index);

/// Makes calls from this thread use the instruction set `index`, or the default again for −1.
///
/// Returns false, and changes nothing, where there is no such set. For tests and measurements.
bool apus_isa_select(int index);

/// Whether the processor multiplies bfloat16 (AVX512-BF16, AMX-BF16 or Arm's BF16).
bool apus_cpu_has_bf16(void);

#pragma clang assume_nonnull end
