// Operands of the loops of layer normalization; `Templates/LayerNormalization.h` has the loops.

#pragma once

#include "CKernels.h"
#include "Threads.h"

struct layer_normalization {
  const float *x;
  int64_t rows, columns;
  const float *gamma, *beta;
  float epsilon;
  float *y;
  float *mean, *rstd;
};

struct layer_normalization_gradient {
  const float *x, *dy;
  int64_t rows, columns;
  const float *gamma, *mean, *rstd;
  float *dx;
  bool has_sums;
};

/// Sums over the rows of one part: float64 totals and float32 sums of a block of rows, padded to
/// 16.
struct layer_sums {
  double *dgamma, *dbeta;
  float *gamma_block, *beta_block;
};
