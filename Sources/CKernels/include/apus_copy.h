// Strided copies (broadcast, transpose, slice, pad, concatenate, reverse) and fills.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// The most axes of a strided copy.
enum { APUS_MAXIMUM_RANK = 8 };

/// Copies `dst[Σ iₖ·dst_strides[k]] = src[Σ iₖ·src_strides[k]]` for all indices below `extents`.
///
/// Strides are in elements; 0 in `src_strides` repeats, negative ones walk backwards. Different
/// indices must have different places in `dst`, and the two must not overlap. Axes are joined and
/// reordered inside, so the order of axes does not matter for speed.
///
/// - Parameter rank: 0 (one element) to `APUS_MAXIMUM_RANK`.
/// - Parameter element_size: 1, 2, 4 or 8 bytes.
void apus_strided_copy(
    void *dst, const int64_t *_Nullable dst_strides, const void *src,
    const int64_t *_Nullable src_strides, const int64_t *_Nullable extents, int rank,
    int element_size, int threads);

/// Sets `count` elements of 1, 2, 4 or 8 bytes to the one at `value`.
void apus_fill(void *dst, const void *value, int element_size, int64_t count, int threads);

/// Copies bytes with several threads.
void apus_copy(void *dst, const void *src, size_t bytes, int threads);

#pragma clang assume_nonnull end
