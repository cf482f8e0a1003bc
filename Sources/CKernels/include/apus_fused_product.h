// Convolutions that are matrix products, in a chain of convolution, batch normalization and clamp.
//
// Each activation is stored once, as the convolution gives it. The normalization and the clamp
// behind it are applied when the next convolution loads it, its statistics are summed where it is
// produced, and the masks of the clamp are made again on the way back.
//
// The product is `y = z · filter`: `z` is `[rows, inner]`, `filter` `[inner, columns]`, `y` `[rows,
// columns]`. The rows of `z` are those of an array `x`, or the patches of pictures under a filter.
// An input that is normalized is `z = clamp(x · scale + shift, low, high)` with one scale and shift
// a channel, else `z = x`. The same operands and thread count give the same bits.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// The patches of pictures `[batch, height, width, channels]` under a filter.
///
/// Row `(b · output_height + i) · output_width + j` of the product is the patch at output `(i, j)`
/// of picture `b`; its elements are in the order of the filter's: row, column, channel. What is
/// outside the picture is 0.
typedef struct apus_patches {
  int64_t height, width, channels;
  int64_t filter_height, filter_width, stride_height, stride_width;
  int64_t dilation_height, dilation_width, pad_top, pad_left;
  int64_t output_height, output_width;
} apus_patches;

typedef struct apus_fused_product {
  int64_t rows, inner, columns;
  /// Whether the rows are `patches`; then `inner` is the product of the filter's first three
  /// extents, and the input is not normalized.
  bool has_patches;
  apus_patches patches;
  bool normalizes;
  float low, high;
  /// Rounds the operands of products to bfloat16; sums stay float32. Where the processor has no
  /// such instruction, see `apus_fused_product_has_bfloat16`, it is ignored.
  bool bfloat16;
} apus_fused_product;

/// Whether products of bfloat16 numbers are computed by the instruction set in use.
bool apus_fused_product_has_bfloat16(void);

size_t apus_fused_product_scratch_bytes(const apus_fused_product *product, int threads);

/// `y = z · filter`, and the mean and biased variance of each column of `y` where wanted.
///
/// - Parameters scale, shift: `[inner]`; only read where the input is normalized.
/// - Parameters mean, variance: `[columns]`, or both null.
void apus_fused_product_forward(
    const apus_fused_product *product, const float *x, const float *_Nullable scale,
    const float *_Nullable shift, const float *filter, float *y, float *_Nullable mean,
    float *_Nullable variance, void *scratch, int threads);

size_t apus_biased_product_scratch_bytes(const apus_fused_product *product, int threads);

/// `y = clamp(x · filter + bias, low, high)`; NaN passes through.
///
/// - Parameter product: of float32 operands, neither normalized nor patches.
/// - Parameter bias: `[columns]`.
void apus_biased_product(
    const apus_fused_product *product, const float *x, const float *filter, const float *bias,
    float low, float high, float *y, void *scratch, int threads);

/// Whether `apus_biased_product` is faster than oneDNN's products.
///
/// With AVX2 (two threads of a Zen 3, oneDNN 2.6.3) oneDNN and it take, in milliseconds: 100,352 rows, 32 to 64 numbers, 4.04 and
/// 3.39; 25,088 rows, 64 to 128, 3.70 and 2.95; 128 to 128, 6.45 and 5.70; 6,272 rows, 128 to 256, 3.05 and 3.27; 256 to 256, 5.54
/// and 6.33; 128 rows, 1,024 to 1,024, 3.26 and 2.58 (medians of six profiles in turn). A batch of one picture, with fewer rows,
/// gains nothing. With AVX-512 oneDNN is near the machine's limit.
bool apus_biased_product_is_fast(const apus_fused_product *product);

/// What the gradients of a fused convolution read; `[columns]` are its channels, `[inner]` those of
/// its input.
typedef struct apus_fused_gradient {
  /// `[rows, columns]`: the gradient of `y` or, where `y` is given, of what its normalization gave.
  const float *dz;
  /// `[rows, columns]`: where not null, the gradient of `y` is `a · dz + b · y + c`.
  const float *_Nullable y;
  const float *_Nullable a, *_Nullable b, *_Nullable c;
  const float *x;
  /// `[inner]`; only read where the input is normalized.
  const float *_Nullable scale, *_Nullable shift, *_Nullable mean;
  const float *filter;
} apus_fused_gradient;

/// The gradients of `filter` and, where `dx` is not null, of the input.
///
/// Where the input is normalized, `dx` is the gradient of `x · scale + shift`: 0 where the clamp
/// holds. Its sums over the rows, `Σ dx` and `Σ dx · (x − mean)`, are given too.
///
/// - Parameters sum, product_sum: `[inner]`; null where `dx` is or the input is not normalized.
void apus_fused_product_backward(
    const apus_fused_product *product, const apus_fused_gradient *operands, float *dfilter,
    float *_Nullable dx, float *_Nullable sum, float *_Nullable product_sum, void *scratch,
    int threads);

#pragma clang assume_nonnull end
