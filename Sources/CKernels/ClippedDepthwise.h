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
  /// Numbers from a pixel's results to the next one's, and from a panel to the next: a product takes its rows in panels.
  /// 0 for the latter where a pixel's results are one row.
  int64_t distance, panel;
  /// Whether the output is too large for caches and its vectors are whole cache lines, if they have
  /// 64 bytes.
  bool streams;
};
