// Philox4x32-10 for `W` blocks at a time, and what is made of its bits.
//
// Nothing here may round differently from one instruction set to another: products and sums are
// rounded one by one, never fused.

#pragma once

#include "../Elementwise.h"
#include "Vector.h"

typedef uint64_t vq __attribute__((ext_vector_type(W)));

#if APUS_WIDTH == 4
#define LANES 0, 1, 2, 3
#elif APUS_WIDTH == 8
#define LANES 0, 1, 2, 3, 4, 5, 6, 7
#else
#define LANES 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#endif

/// The words of the `W` blocks from `block` on, in the lower halves of lanes; word 0 of all first.
///
/// They stay there through all rounds: a product needs no widening, and what the upper halves hold
/// between rounds is masked away (no instruction where the product itself takes lower halves).
INLINE void philox(const struct random_source *source, uint32_t block, vq *words) {
  const uint64_t low = 0xFFFFFFFFu;
  const vq lanes = {LANES};
  vq c0 = lanes + (uint64_t)block, c1 = (vq)(uint64_t)(uint32_t)source->step;
  vq c2 = (vq)(uint64_t)source->stream, c3 = (vq)(source->step >> 32);
  uint32_t k0 = (uint32_t)source->seed, k1 = (uint32_t)(source->seed >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    vq first = (c0 & low) * (uint64_t)0xD2511F53u;
    vq second = (c2 & low) * (uint64_t)0xCD9E8D57u;
    c0 = (second >> 32) ^ c1 ^ (uint64_t)k0;
    c2 = (first >> 32) ^ c3 ^ (uint64_t)k1;
    c1 = second;
    c3 = first;
    k0 += 0x9E3779B9u;  // the golden ratio
    k1 += 0xBB67AE85u;  // √3 − 1
  }
  words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

#undef LANES

/// Words in the order of elements: the two of a lane of `first`, then the two of `second`.
INLINE void words_in_order(vq first, vq second, vu *words) {
  vq halves[2] = {
      __builtin_shufflevector(first, second, LOW_HALVES),
      __builtin_shufflevector(first, second, HIGH_HALVES)};
  memcpy(words, halves, sizeof halves);
}

/// From word 0 of all blocks, word 1 of all, … to block after block.
INLINE void in_order(vf *words) {
  vf even_low = interleave_low(words[0], words[2]), even_high = interleave_high(words[0], words[2]);
  vf odd_low = interleave_low(words[1], words[3]), odd_high = interleave_high(words[1], words[3]);
  words[0] = interleave_low(even_low, odd_low);
  words[1] = interleave_high(even_low, odd_low);
  words[2] = interleave_low(even_high, odd_high);
  words[3] = interleave_high(even_high, odd_high);
}

/// `[0, 1)` in steps of 2⁻²⁴.
INLINE vf uniform_of(vu word) {
  return __builtin_convertvector((vi)(word >> 8), vf) * 0x1p-24f;
}

/// `low + width · u` and the like, rounded twice everywhere.
INLINE vf scaled(float first, float second, vf value) {
#pragma clang fp contract(off)
  vf product = value * second;
  return product + first;
}

INLINE void make_uniform(const struct random_source *source, uint32_t block, vf *values) {
  const uint64_t low = 0xFFFFFFFFu;
  vq c[4];
  philox(source, block, c);
  vu words[4];
  words_in_order((c[0] & low) | c[1] << 32, (c[2] & low) | c[3] << 32, words);
  for (int k = 0; k < 4; k++) {
    values[k] = scaled(source->first, source->second, uniform_of(words[k]));
  }
}

/// A polynomial by Horner's rule, each step rounded twice.
#define UNFUSED_POLYNOMIAL(x, ...)                                   \
  ({                                                                 \
    const float c_[] = {__VA_ARGS__};                                \
    vf x_ = (x), p_ = splat(c_[sizeof c_ / sizeof *c_ - 1]);         \
    _Pragma("clang loop unroll(full)") for (                         \
        int k_ = (int)(sizeof c_ / sizeof *c_) - 2; k_ >= 0; k_--) { \
      vf product_ = p_ * x_;                                         \
      p_ = product_ + c_[k_];                                        \
    }                                                                \
    p_;                                                              \
  })

/// `√(−2·log u)` for `u` in (0, 1]; the logarithm as in `Functions.h`.
INLINE vf radius_of(vf u) {
#pragma clang fp contract(off)
  const int32_t root_half = 0x3F3504F3;
  vi bits = (vi)u - root_half;
  vf exponent = __builtin_convertvector(bits >> 23, vf);
  vf z = (vf)((bits & 0x7FFFFF) + root_half) - 1;
  vf q = UNFUSED_POLYNOMIAL(
      z, 0.333333105f, -0.249999866f, 0.200022191f, -0.166692391f, 0.1421877f, -0.123845823f,
      0.118724726f, -0.117883474f, 0.069146812f);
  vf square = z * z;
  vf cubic = z * square;
  vf low = cubic * q;
  vf half = square * 0.5f;
  vf bulk = exponent * 0x1.63p-1f, rest = exponent * 0x1.bd0106p-13f;  // log 2 = bulk − rest
  low = low - half;
  low = low - rest;
  vf logarithm = z + low;
  logarithm = logarithm + bulk;
  return __builtin_elementwise_sqrt(logarithm * -2.0f);
}

/// The cosine and sine of `2π·u` for `u` in [0, 1), by quadrants.
INLINE void turn(vf u, vf *cosine, vf *sine) {
#pragma clang fp contract(off)
  vf quarters = u * 4;
  vi quadrant = __builtin_convertvector(quarters + 0.5f, vi);
  vf r = quarters - __builtin_convertvector(quadrant, vf);  // exact, in [−½, ½]
  vf square = r * r;
  vf s = UNFUSED_POLYNOMIAL(
      square, 1.57079637f, -0.645964086f, 0.0796925798f, -0.00468126638f, 0.000158206749f);
  s = s * r;
  vf c = UNFUSED_POLYNOMIAL(
      square, -1.23370051f, 0.2536695f, -0.0208634753f, 0.000919196347f, -2.49092755e-05f);
  c = c * square;
  c = c + 1;
  vi odd = (quadrant & 1) != 0;
  vf first = odd ? s : c, second = odd ? c : s;
  *cosine = ((quadrant + 1) & 2) != 0 ? -first : first;
  *sine = (quadrant & 2) != 0 ? -second : second;
}

INLINE void make_normal(const struct random_source *source, uint32_t block, vf *values) {
  vq words[4];
  philox(source, block, words);
  for (int k = 0; k < 4; k += 2) {
    vf cosine, sine, radius = radius_of(1 - uniform_of(__builtin_convertvector(words[k], vu)));
    turn(uniform_of(__builtin_convertvector(words[k + 1], vu)), &cosine, &sine);
    values[k] = scaled(source->first, source->second, radius * cosine);
    values[k + 1] = scaled(source->first, source->second, radius * sine);
  }
  in_order(values);
}

typedef void random_maker(const struct random_source *source, uint32_t block, vf *values);

/// Elements `start ..< start + count` in whole vectors; `make` gives `4 W` of them in order.
INLINE void random_tile(
    float *dst, random_maker *make, const struct random_source *source, int64_t start,
    int64_t count) {
  int64_t skipped = start % 4, end = count + skipped;
  for (int64_t i = 0; i < end; i += 4 * W) {
    vf values[4];
    make(source, (uint32_t)((start - skipped + i) / 4), values);
    if (skipped == 0) {
      for (int k = 0; k < 4 && i + k * W < end; k++) store(dst + i + k * W, values[k]);
    } else {  // a row that begins inside of a block
      float numbers[4 * W];
      for (int k = 0; k < 4; k++) store(numbers + k * W, values[k]);
      int64_t first = i == 0 ? skipped : 0, last = end - i < 4 * W ? end - i : 4 * W;
      if (first < last) {
        memcpy(dst + i + first - skipped, numbers + first, (size_t)(last - first) * sizeof *dst);
      }
    }
  }
}

static void uniform_tile(
    float *dst, const struct random_source *source, int64_t start, int64_t count) {
  random_tile(dst, make_uniform, source, start, count);
}

static void normal_tile(
    float *dst, const struct random_source *source, int64_t start, int64_t count) {
  random_tile(dst, make_normal, source, start, count);
}
