// Which instruction set the kernels use.
//
// The fastest that the processor and the library both have is chosen before the first call. The
// environment variable `APUS_ISA` (`portable`, `avx2`, `avx512`, `avx512bf16` or `amx`) chooses another.

#pragma once

#include <stdbool.h>

#pragma clang assume_nonnull begin

/// The name of the instruction set the calling thread uses, as `APUS_ISA` names it.
const char *apus_isa_name(void);

/// Why `APUS_ISA` was not followed, as a sentence; null where it was, or is not set.
const char *_Nullable apus_isa_problem(void);

/// How many instruction sets this library has and this processor supports; at least 1.
int apus_isa_count(void);

/// The name of one of them, from 0 (portable) to `apus_isa_count() - 1`.
const char *apus_isa_name_at(int index);

/// Makes calls from this thread use the instruction set `index`, or the default again for −1.
///
/// Returns false, and changes nothing, where there is no such set. For tests and measurements.
bool apus_isa_select(int index);

/// Whether bfloat16 numbers are multiplied by instructions of their own that are faster than those for
/// float32: AVX512-BF16 (on Intel's processors since Sapphire Rapids only where `APUS_ISA` names it), AMX or Arm's
/// BF16.
bool apus_has_bfloat16(void);

#pragma clang assume_nonnull end
