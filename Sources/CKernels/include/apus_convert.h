// Conversion between the types of arrays; results do not depend on the thread count.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

/// Converts `count` elements; the arrays must not overlap. False where a type is unknown.
///
/// - Reals to a shorter real type are rounded to the nearest, ties to even; NaN stays NaN.
/// - Reals to integers are truncated towards zero and clamped to the type's range; NaN gives 0.
/// - Integers to a shorter integer type keep their low bits.
/// - To bool: whether the number is not 0 (NaN is true). From bool: 0 or 1.
/// - float64 and integers reach bfloat16 through float32.
bool apus_convert(
    void *dst, apus_type dst_type, const void *src, apus_type src_type, int64_t count,
    int threads);

/// `dst = src · scale + shift`: pictures' bytes to numbers.
void apus_convert_bytes(
    float *dst, const uint8_t *src, int64_t count, float scale, float shift, int threads);

#pragma clang assume_nonnull end
