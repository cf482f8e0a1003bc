// Depthwise convolution (cross-correlation, as everywhere in machine learning) and its gradients.
//
// - input: `[batch, height, width, channels]`.
// - filter: `[filter_height, filter_width, channels · multiplier]`.
// - output: `[batch, output height, output width, channels · multiplier]`; output channel `c` reads
//   input channel `c / multiplier`.
//
// `output[n, y, x, c] = Σ filter[i, j, c] · input[n, row, column, c / multiplier]`, summed over
// `i` and `j`, with `row = y·stride_height + i·dilation_height − pad_top`, `column` likewise; input
// outside the picture is 0.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

typedef struct apus_depthwise_shape {
  int64_t batch, height, width, channels;
  /// Output channels per input channel, at least 1.
  int64_t multiplier;
  int64_t filter_height, filter_width;
  int64_t stride_height, stride_width;
  /// 1 is a filter without holes.
  int64_t dilation_height, dilation_width;
  int64_t pad_top, pad_bottom, pad_left, pad_right;
} apus_depthwise_shape;

/// Rows of the output: `⌊(height + pads − extent of the filter) / stride⌋ + 1`.
///
/// 0 where the filter does not fit.
int64_t apus_depthwise_output_height(const apus_depthwise_shape *shape);

/// Columns of the output.
int64_t apus_depthwise_output_width(const apus_depthwise_shape *shape);

/// `output = clamp(convolution + bias, low, high)`; results do not depend on the thread count.
///
/// - Parameter bias: `[channels · multiplier]`, or null.
/// - Parameters low, high: −infinity and infinity for no clamp. NaN passes through.
void apus_depthwise_forward(
    const apus_depthwise_shape *shape, const float *input, const float *filter,
    const float *_Nullable bias, float low, float high, float *output, int threads);

/// The gradient of the input for a gradient of the output; does not depend on the thread count.
void apus_depthwise_input_gradient(
    const apus_depthwise_shape *shape, const float *output_gradient, const float *filter,
    float *input_gradient, int threads);

/// The scratch of `apus_depthwise_filter_gradient`.
size_t apus_depthwise_filter_gradient_scratch_bytes(
    const apus_depthwise_shape *shape, int threads);

/// The gradient of the filter for a gradient of the output, summed over the batch.
void apus_depthwise_filter_gradient(
    const apus_depthwise_shape *shape, const float *input, const float *output_gradient,
    float *filter_gradient, void *_Nullable scratch, int threads);

#pragma clang assume_nonnull end
