// What the loops of reductions share with the code that divides them.

#pragma once

#include "CKernels.h"

/// Reductions of at most so many rows are done in float32 throughout.
enum { APUS_SHORT_REDUCTION = 256 };

/// The value that changes nothing.
static inline double reduction_identity(apus_reduction kind) {
  switch (kind) {
    case APUS_MAXIMUM: return -__builtin_inf();
    case APUS_MINIMUM: return __builtin_inf();
    case APUS_PRODUCT: return 1;
    default: return 0;
  }
}

/// Two partial results made one; NaN stays.
static inline double reduction_join(apus_reduction kind, double a, double b) {
  switch (kind) {
    case APUS_MAXIMUM: return a > b || a != a ? a : b;
    case APUS_MINIMUM: return a < b || a != a ? a : b;
    case APUS_PRODUCT: return a * b;
    default: return a + b;
  }
}
