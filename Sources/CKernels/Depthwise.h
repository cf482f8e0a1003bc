// Operands of the loops of depthwise convolution; `Templates/Depthwise*.h` has the loops.

#pragma once

#include "CKernels.h"
#include "Threads.h"

struct depthwise {
  apus_depthwise_shape shape;
  int64_t output_height, output_width;
  /// Forward and filter gradient; `[batch, height, width, channels]`.
  const float *input;
  /// Input and filter gradient; `[batch, output height, output width, channels · multiplier]`.
  const float *gradient;
  const float *filter, *bias;
  float low, high;
  /// The output, or the gradient of the input.
  float *result;
  /// The nine weights are used in reverse order: a gradient computed as a forward pass.
  bool flips;
};

/// Whether the loops for 3×3 filters without holes take it: strides 1 or 2, padding 0 to 2.
static inline bool depthwise_is_3x3(const apus_depthwise_shape *s) {
  bool plain = s->filter_height == 3 && s->filter_width == 3 && s->dilation_height == 1 &&
               s->dilation_width == 1 && s->multiplier == 1;
  bool strides =
      s->stride_height == s->stride_width && s->stride_height >= 1 && s->stride_height <= 2;
  return plain && strides && s->pad_top <= 2 && s->pad_bottom <= 2 && s->pad_left <= 2 &&
         s->pad_right <= 2;
}
