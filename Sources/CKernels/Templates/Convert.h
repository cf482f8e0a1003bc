// Conversion between the types of arrays: plain loops, which the compiler makes vectors of.

#pragma once

#include "Vector.h"

INLINE float from_bfloat16(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE uint16_t bfloat16_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  return (uint16_t)(value == value ? rounded : (bits | 0x400000) >> 16);
}

/// The number beside `value` with an odd last bit where float32 has no such number: what was cut off is
/// still seen when it is rounded to fewer bits.
INLINE float odd_float(double value) {
  float nearest = (float)value;
  uint32_t bits;
  memcpy(&bits, &nearest, sizeof bits);
  bool is_cut = (double)nearest != value && __builtin_isfinite(nearest) && !(bits & 1);
  bits += is_cut ? (__builtin_fabs((double)nearest) < __builtin_fabs(value) ? 1u : -1u) : 0u;
  memcpy(&nearest, &bits, sizeof nearest);
  return nearest;
}

/// Truncates towards zero and clamps to `lowest … highest`; `limit` is the first number too large.
#define DEFINE_TRUNCATION(name, real, integer, lowest, highest, limit) \
  INLINE integer name(real value) {                                    \
    if (value != value) return 0;                                      \
    if (value >= (limit)) return highest;                              \
    return value <= (real)(lowest) ? lowest : (integer)value;          \
  }

DEFINE_TRUNCATION(int32_of_float, float, int32_t, INT32_MIN, INT32_MAX, 0x1p31f)
DEFINE_TRUNCATION(int64_of_float, float, int64_t, INT64_MIN, INT64_MAX, 0x1p63f)
DEFINE_TRUNCATION(uint8_of_float, float, uint8_t, 0, 255, 256.0f)
DEFINE_TRUNCATION(int32_of_double, double, int32_t, INT32_MIN, INT32_MAX, 0x1p31)
DEFINE_TRUNCATION(int64_of_double, double, int64_t, INT64_MIN, INT64_MAX, 0x1p63)
DEFINE_TRUNCATION(uint8_of_double, double, uint8_t, 0, 255, 256.0)

/// Defines the loop from `source` to `destination`, `expression` in terms of `v`.
#define DEFINE_CONVERSION(name, source, destination, expression)                  \
  static void name(void *dst, const void *src, int64_t count) {                   \
    destination *restrict to = dst;                                               \
    const source *restrict from = src;                                            \
    for (int64_t k = 0; k < count; k++) {                                         \
      source v = from[k];                                                         \
      to[k] = (destination)(expression);                                          \
    }                                                                             \
  }

DEFINE_CONVERSION(f32_to_f32, float, float, v)
DEFINE_CONVERSION(f32_to_bf16, float, uint16_t, bfloat16_of(v))
DEFINE_CONVERSION(f32_to_f64, float, double, v)
DEFINE_CONVERSION(f32_to_i32, float, int32_t, int32_of_float(v))
DEFINE_CONVERSION(f32_to_i64, float, int64_t, int64_of_float(v))
DEFINE_CONVERSION(f32_to_u8, float, uint8_t, uint8_of_float(v))
DEFINE_CONVERSION(f32_to_bool, float, uint8_t, v != 0)

DEFINE_CONVERSION(bf16_to_f32, uint16_t, float, from_bfloat16(v))
DEFINE_CONVERSION(bf16_to_bf16, uint16_t, uint16_t, v)
DEFINE_CONVERSION(bf16_to_f64, uint16_t, double, from_bfloat16(v))
DEFINE_CONVERSION(bf16_to_i32, uint16_t, int32_t, int32_of_float(from_bfloat16(v)))
DEFINE_CONVERSION(bf16_to_i64, uint16_t, int64_t, int64_of_float(from_bfloat16(v)))
DEFINE_CONVERSION(bf16_to_u8, uint16_t, uint8_t, uint8_of_float(from_bfloat16(v)))
DEFINE_CONVERSION(bf16_to_bool, uint16_t, uint8_t, from_bfloat16(v) != 0)

DEFINE_CONVERSION(f64_to_f32, double, float, v)
DEFINE_CONVERSION(f64_to_bf16, double, uint16_t, bfloat16_of(odd_float(v)))
DEFINE_CONVERSION(f64_to_f64, double, double, v)
DEFINE_CONVERSION(f64_to_i32, double, int32_t, int32_of_double(v))
DEFINE_CONVERSION(f64_to_i64, double, int64_t, int64_of_double(v))
DEFINE_CONVERSION(f64_to_u8, double, uint8_t, uint8_of_double(v))
DEFINE_CONVERSION(f64_to_bool, double, uint8_t, v != 0)

/// The seven loops from an integer type; `real` is `v` as float32, exact or odd.
#define DEFINE_INTEGER_CONVERSIONS(name, source, real)                      \
  DEFINE_CONVERSION(name##_to_f32, source, float, v)                        \
  DEFINE_CONVERSION(name##_to_bf16, source, uint16_t, bfloat16_of(real))    \
  DEFINE_CONVERSION(name##_to_f64, source, double, v)                       \
  DEFINE_CONVERSION(name##_to_i32, source, int32_t, v)                      \
  DEFINE_CONVERSION(name##_to_i64, source, int64_t, v)                      \
  DEFINE_CONVERSION(name##_to_u8, source, uint8_t, v)                       \
  DEFINE_CONVERSION(name##_to_bool, source, uint8_t, v != 0)

DEFINE_INTEGER_CONVERSIONS(i32, int32_t, odd_float((double)v))
DEFINE_INTEGER_CONVERSIONS(i64, int64_t, odd_float((double)v))
DEFINE_INTEGER_CONVERSIONS(u8, uint8_t, (float)v)

DEFINE_CONVERSION(bool_to_f32, uint8_t, float, v != 0)
DEFINE_CONVERSION(bool_to_bf16, uint8_t, uint16_t, v ? 0x3F80 : 0)
DEFINE_CONVERSION(bool_to_f64, uint8_t, double, v != 0)
DEFINE_CONVERSION(bool_to_i32, uint8_t, int32_t, v != 0)
DEFINE_CONVERSION(bool_to_i64, uint8_t, int64_t, v != 0)
DEFINE_CONVERSION(bool_to_u8, uint8_t, uint8_t, v != 0)
DEFINE_CONVERSION(bool_to_bool, uint8_t, uint8_t, v != 0)

/// By source and destination, in the order of `apus_type`.
static void (*const conversions[7][7])(void *dst, const void *src, int64_t count) = {
    {f32_to_f32, f32_to_bf16, f32_to_f64, f32_to_i32, f32_to_i64, f32_to_u8, f32_to_bool},
    {bf16_to_f32, bf16_to_bf16, bf16_to_f64, bf16_to_i32, bf16_to_i64, bf16_to_u8, bf16_to_bool},
    {f64_to_f32, f64_to_bf16, f64_to_f64, f64_to_i32, f64_to_i64, f64_to_u8, f64_to_bool},
    {i32_to_f32, i32_to_bf16, i32_to_f64, i32_to_i32, i32_to_i64, i32_to_u8, i32_to_bool},
    {i64_to_f32, i64_to_bf16, i64_to_f64, i64_to_i32, i64_to_i64, i64_to_u8, i64_to_bool},
    {u8_to_f32, u8_to_bf16, u8_to_f64, u8_to_i32, u8_to_i64, u8_to_u8, u8_to_bool},
    {bool_to_f32, bool_to_bf16, bool_to_f64, bool_to_i32, bool_to_i64, bool_to_u8, bool_to_bool},
};

static void convert(
    void *dst, apus_type dst_type, const void *src, apus_type src_type, int64_t count) {
  conversions[src_type][dst_type](dst, src, count);
}

/// `dst = src · scale + shift`.
static void convert_bytes(
    float *dst, const uint8_t *src, int64_t count, float scale, float shift) {
  FOR_VECTORS(count, c, n, {
    vb bytes = 0;
    memcpy(&bytes, src + c, (size_t)n);
    vf values = __builtin_convertvector(__builtin_convertvector(bytes, vi), vf);
    store_up_to(dst + c, fused(values, splat(scale), splat(shift)), n);
  });
}
