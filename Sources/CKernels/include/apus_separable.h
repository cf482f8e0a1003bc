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
/// With AVX2 (two threads of a Zen 3) two passes, with oneDNN's and with own products, and one take, in milliseconds, at a batch of
/// 128 (medians of 21 in turn): 28 × 28 pixels, 32 to 64 channels, 3.94, 4.11 and 3.17; 28 × 28 at stride 2, 64 to 128, 4.06, 4.15 and
/// 3.10; 14 × 14, 128 to 128, 6.64, 6.20 and 5.36; 14 × 14 at stride 2, 128 to 256, 3.28, 3.03 and 2.72; 7 × 7, 256 to 256, 5.65, 5.43
/// and 5.11. 7 × 7 at stride 2, 256 to 512, and 3 × 3, 512 to 512, gain nothing. With AVX-512, where oneDNN's products are near the
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
