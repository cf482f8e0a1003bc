// Depthwise convolutions with 3×3 filters in a chain of convolution, normalization and clamp; see
// `apus_fused_product.h` for what a chain is.
//
// `y` is the convolution of `z` with `filter`: `z = clamp(x · scale + shift, low, high)` with one
// scale and shift a channel where the input is normalized, else `z = x`; outside the picture `z` is
// 0. Threads divide the pictures of the batch.

#pragma once

#include "apus_depthwise.h"
#include "apus_fused_product.h"

#pragma clang assume_nonnull begin

typedef struct apus_fused_depthwise {
  /// A filter of 3×3 without holes, a multiplier of 1, equal strides of 1 or 2, padding 0 to 2.
  apus_depthwise_shape shape;
  bool normalizes;
  float low, high;
} apus_fused_depthwise;

/// Whether these functions take the shape.
bool apus_fused_depthwise_takes(const apus_depthwise_shape *shape);

size_t apus_fused_depthwise_scratch_bytes(const apus_fused_depthwise *convolution, int threads);

/// `y`, and the mean and biased variance of each of its channels where wanted.
///
/// - Parameters scale, shift: `[channels]`; only read where the input is normalized.
/// - Parameters mean, variance: `[channels]`, or both null.
void apus_fused_depthwise_forward(
    const apus_fused_depthwise *convolution, const float *x, const float *_Nullable scale,
    const float *_Nullable shift, const float *filter, float *y, float *_Nullable mean,
    float *_Nullable variance, void *scratch, int threads);

/// The gradients of `filter` and, where `dx` is not null, of the input; as
/// `apus_fused_product_backward`, with pictures in place of rows.
void apus_fused_depthwise_backward(
    const apus_fused_depthwise *convolution, const apus_fused_gradient *operands, float *dfilter,
    float *_Nullable dx, float *_Nullable sum, float *_Nullable product_sum, void *scratch,
    int threads);

#pragma clang assume_nonnull end
