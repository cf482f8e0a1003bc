// Operands of the loops of clipped depthwise convolution; `Templates/ClippedDepthwise.h` has them.

#pragma once

#include "CKernels.h"
#include "Threads.h"

struct clipped_depthwise {
  apus_clipped_depthwise job;
  int64_t output_height, output_width;
  const void *input, *filter;
  const float *bias;
  void *output;
  /// Whether the output is too large for caches and its vectors are whole cache lines, if they have
  /// 64 bytes.
  bool streams;
};
