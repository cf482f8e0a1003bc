// Operands of the loops of batch normalization over a range of rows; `Templates/` has the loops.

#pragma once

#include "CKernels.h"
#include "Threads.h"

/// Per-channel sums of one part; `work` has three floats a channel. All are padded to 16 channels.
struct channel_sums {
  double *first, *second;
  float *work;
};

/// `y = clamp(x · scale + shift, low, high)`.
struct channel_affine {
  const float *x;
  int64_t channels;
  const float *scale, *shift;
  float low, high;
  float *y;
  uint16_t *y_bfloat16;
};

/// What both passes of the backward direction read.
struct normalization_gradient {
  const float *x, *dy;
  int64_t channels;
  const float *mean, *scale, *shift;
  bool clamps;
  float low, high;
};

/// `dx = a · dz + b · (x − mean) + c`.
struct normalization_step {
  const float *a, *b, *c;
  float *dx;
};
