// Operands of the loops over rows of logits; `Templates/Softmax.h` has the loops.

#pragma once

#include "CKernels.h"
#include "Threads.h"

struct softmax {
  int64_t columns;
  /// `x` or `logits` forward, `y` backward.
  const float *x;
  const float *dy;
  float *y;
};

struct cross_entropy {
  int64_t columns;
  const float *logits;
  /// Integer labels, of `label_type`, or null.
  const void *labels;
  apus_type label_type;
  /// Labels as numbers, `[rows, columns]`, or null.
  const float *targets;
  float smoothing;
  const float *dloss;
  /// Losses `[rows]` or gradients `[rows, columns]`.
  float *result;
};
