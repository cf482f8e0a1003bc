// Operands of the loops of fused depthwise convolutions; `Templates/FusedDepthwise.h` has the loops.

#pragma once

#include "CKernels.h"
#include "FusedProduct.h"
#include "PartSums.h"
#include "Threads.h"

struct fused_depthwise_forward {
  const apus_fused_depthwise *convolution;
  int64_t output_height, output_width;
  const float *x, *scale, *shift, *filter;
  float *y;
  bool sums;
  /// Whether the result is written past the caches.
  bool streams;
};

struct fused_depthwise_backward {
  const apus_fused_depthwise *convolution;
  int64_t output_height, output_width;
  const apus_fused_gradient *operands;
  float *dx;
  bool streams;
};

/// Rows that are kept, normalized, of the input and of the gradient: three under the filter and one
/// more, so that a row is found by its number modulo four.
enum { KEPT_ROWS = 4 };

/// Lanes that channels are padded to in kept rows, whatever the instruction set.
static inline int64_t padded_lanes(int64_t channels) { return (channels + 15) / 16 * 16; }

/// Columns of a kept row of the input, and of the gradient with the filter's reach on both sides.
static inline int64_t kept_width(const apus_depthwise_shape *s) {
  return s->width + s->pad_left + s->pad_right;
}

static inline int64_t kept_gradient_width(int64_t output_width) { return output_width + 4; }
