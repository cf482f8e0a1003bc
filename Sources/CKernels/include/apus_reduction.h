// Reductions of `x: [outer, extent, inner]` along the middle axis to `[outer, inner]`.
//
// Sums are accumulated in blocks whose totals are added in float64, so they stay accurate over
// millions of elements.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

typedef enum __attribute__((enum_extensibility(open))) apus_reduction : uint32_t {
  /// 0 over no elements.
  APUS_SUM = 0,
  /// NaN over no elements.
  APUS_MEAN = 1,
  /// NaN where any element is NaN; −infinity over no elements.
  APUS_MAXIMUM = 2,
  /// NaN where any element is NaN; infinity over no elements.
  APUS_MINIMUM = 3,
  /// Multiplied in float64; 1 over no elements.
  APUS_PRODUCT = 4,
} apus_reduction;

/// The scratch of `apus_reduce`.
size_t apus_reduce_scratch_bytes(
    apus_reduction kind, int64_t outer, int64_t extent, int64_t inner, int threads);

/// `y[o, i]` = reduction of `x[o, :, i]`.
void apus_reduce(
    apus_reduction kind, const float *x, int64_t outer, int64_t extent, int64_t inner, float *y,
    void *_Nullable scratch, int threads);

/// `y[o, i]` = where `x[o, :, i]` is largest: the first such index; the first NaN where there is
/// one.
///
/// Over no elements it is 0. Does not depend on the thread count.
void apus_argument_of_maximum(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, int threads);

/// `y[o, i]` = where `x[o, :, i]` is smallest: the first such index; the first NaN where there is
/// one.
void apus_argument_of_minimum(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, int threads);

#pragma clang assume_nonnull end
