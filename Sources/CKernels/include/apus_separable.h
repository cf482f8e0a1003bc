// Separable convolutions as inference has them: a clipped depthwise convolution and the product of
// its pixels, `y = clamp(depthwise(x) · filter + bias, low, high)`. What stands between them stays in
// the caches, a block of rows at a time.

#pragma once

#include "apus_clipped_depthwise.h"
#include "apus_fused_product.h"

#pragma clang assume_nonnull begin

typedef struct apus_separable {
  /// Of float32 numbers.
  apus_clipped_depthwise depthwise;
  /// Of the depthwise convolution's pixels; neither normalized nor patches.
  apus_fused_product product;
  float low, high;
} apus_separable;

/// Whether one pass is faster than both convolutions one after the other.
///
/// With AVX2 (two threads of a Zen 3) two passes of own loops and one take, in milliseconds, at a batch of 128: 28 × 28 pixels, 32 to
/// 64 channels, 5.85 and 4.97; 28 × 28 at stride 2, 64 to 128, 4.20 and 3.91; 14 × 14, 128 to 128, 7.17 and 6.61 (medians of 21 in
/// turn). Where oneDNN's loops would run else: 14 × 14 at stride 2, 128 to 256, 4.60 and 3.96; 7 × 7, 256 to 256, 7.21 and 6.56
/// (profiles some minutes apart); 7 × 7 at stride 2, 256 to 512, gains nothing. With AVX-512, where oneDNN's products are near the
/// machine's limit, it was not measured.
bool apus_separable_is_fast(const apus_separable *job);

size_t apus_separable_scratch_bytes(const apus_separable *job, int threads);

/// The convolution; results do not depend on the thread count.
///
/// - Parameters depthwise_bias: `[channels]`; bias: `[columns]`.
void apus_separable_forward(
    const apus_separable *job, const float *x, const float *depthwise_filter,
    const float *depthwise_bias, const float *filter, const float *bias, float *y, void *scratch,
    int threads);

#pragma clang assume_nonnull end
