// Operands of the loops of pooling; `Templates/Pooling.h` has the loops.

#pragma once

#include "CKernels.h"
#include "Threads.h"

struct pooling {
  apus_pooling_shape shape;
  int64_t output_height, output_width;
  bool counts_padding;
  const float *x, *dy;
  /// `x` and `y` of bfloat16 numbers.
  const uint16_t *narrow;
  uint16_t *narrow_result;
  /// `y`, or `dx` backward.
  float *result;
};
