// Maximum and average pooling of pictures `[batch, height, width, channels]`.
//
// Output `[batch, output height, output width, channels]`; the window of output row `y` starts at
// input row `y·stride_height − pad_top`. Results do not depend on the thread count.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

typedef struct apus_pooling_shape {
  int64_t batch, height, width, channels;
  int64_t window_height, window_width;
  int64_t stride_height, stride_width;
  int64_t pad_top, pad_bottom, pad_left, pad_right;
} apus_pooling_shape;

/// Rows of the output, `⌊(height + pads − window) / stride⌋ + 1`; 0 where the window does not fit.
int64_t apus_pooling_output_height(const apus_pooling_shape *shape);

/// Columns of the output.
int64_t apus_pooling_output_width(const apus_pooling_shape *shape);

/// The largest number of each window; padding does not count.
///
/// NaN where the window holds one, −infinity where it holds nothing but padding.
void apus_max_pooling(const apus_pooling_shape *shape, const float *x, float *y, int threads);

/// The same of bfloat16 numbers.
void apus_max_pooling_bfloat16(
    const apus_pooling_shape *shape, const uint16_t *x, uint16_t *y, int threads);

/// The gradient of each output goes to the first (row by row) largest number of its window, or to
/// the first NaN.
void apus_max_pooling_gradient(
    const apus_pooling_shape *shape, const float *x, const float *dy, float *dx, int threads);

/// The mean of each window.
///
/// - Parameter counts_padding: whether padding counts as zeros; if not, sums are divided by the
///   number of real elements, and a window of nothing but padding gives 0.
void apus_average_pooling(
    const apus_pooling_shape *shape, bool counts_padding, const float *x, float *y, int threads);

/// The gradient of `apus_average_pooling`.
void apus_average_pooling_gradient(
    const apus_pooling_shape *shape, bool counts_padding, const float *dy, float *dx, int threads);

#pragma clang assume_nonnull end
