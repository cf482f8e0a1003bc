// Depthwise convolution with 3×3 filters as inference has it: the input clipped as it is loaded, a
// bias, the result clipped as it is stored, of float32 or bfloat16 numbers.
//
// `output = clamp(Σ filter · clamp(input, input_low, input_high) + bias, low, high)`; the zeros
// around the picture are not clamped. Sums are float32.

#pragma once

#include "apus_depthwise.h"
#include "apus_types.h"

#pragma clang assume_nonnull begin

typedef struct apus_clipped_depthwise {
  apus_depthwise_shape shape;
  /// Of input, filter and output: `APUS_FLOAT32` or `APUS_BFLOAT16`.
  apus_type type;
  /// −infinity and infinity for no clamp. NaN passes through.
  float input_low, input_high;
  float low, high;
} apus_clipped_depthwise;

/// Whether there are loops for it: 3×3 filters without holes, stride 1 or 2, padding up to 2, and
/// an output that does not lie in the padding alone.
bool apus_clipped_depthwise_accepts(const apus_clipped_depthwise *job);

/// The convolution; results do not depend on the thread count.
///
/// - Parameter bias: `[channels]`.
void apus_clipped_depthwise_forward(
    const apus_clipped_depthwise *job, const void *input, const void *filter, const float *bias,
    void *output, int threads);

#pragma clang assume_nonnull end
