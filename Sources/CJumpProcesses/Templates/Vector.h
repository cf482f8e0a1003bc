// Vectors of `APUS_LANES` doubles, a random stream in each lane, and the logarithm.

#pragma once

// Every function with vector operands is inlined, so how wide ones would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define LANES APUS_LANES
#define INLINE static inline __attribute__((always_inline, unused))

typedef double vd __attribute__((ext_vector_type(LANES)));
typedef int64_t vl __attribute__((ext_vector_type(LANES)));
typedef uint64_t vu __attribute__((ext_vector_type(LANES)));

INLINE vd fused(vd a, vd b, vd c) {
#if APUS_LANES >= 4 || defined(__aarch64__)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// One bit for each lane whose sign bit is set.
INLINE unsigned lane_bits(vl v) {
#if APUS_LANES == 8
  return _mm512_movepi64_mask((__m512i)v);
#elif APUS_LANES == 4
  return (unsigned)_mm256_movemask_pd((__m256d)v);
#else
  unsigned bits = 0;
  for (int lane = 0; lane < LANES; lane++) bits |= (v[lane] < 0 ? 1u : 0u) << lane;
  return bits;
#endif
}

/// `a` where the condition holds, `b` elsewhere.
INLINE vd chosen_of(vl condition, vd a, vd b) {
  return (vd)((condition & (vl)a) | (~condition & (vl)b));
}

INLINE bool is_any(vl condition) { return lane_bits(condition) != 0; }

/// xoshiro256+, one generator a lane.
///
/// Reference: Blackman, Vigna (2021), "Scrambled linear pseudorandom number generators", ACM TOMS
/// 47.
struct streams {
  vu s0, s1, s2, s3;
};

INLINE vu next_words(struct streams *s) {
  vu result = s->s0 + s->s3, shifted = s->s1 << 17;
  s->s2 ^= s->s0;
  s->s3 ^= s->s1;
  s->s1 ^= s->s2;
  s->s0 ^= s->s3;
  s->s2 ^= shifted;
  s->s3 = (s->s3 << 45) | (s->s3 >> 19);
  return result;
}

/// Uniform in `[1, 2)`, from the upper 52 bits.
INLINE vd one_to_two(vu words) { return (vd)((words >> 12) | 0x3FF0000000000000u); }

/// `−log(u)` for `0 < u ≤ 1`, absolute error below 2·10⁻¹⁵ near 1.
///
/// `u = 2ᵉ·m` with `√½ ≤ m < √2`, and `log m = 2·artanh((m − 1)/(m + 1))` by its series.
INLINE vd negative_log(vd u) {
  const uint64_t root_half = 0x3FE6A09E667F3BCDu;
  vu bits = (vu)u - root_half + 0x3FF0000000000000u;
  vu exponent = (bits >> 52) | 0x4330000000000000u;  // as the double 2⁵² + e + 1023
  vd e = (vd)exponent - (0x1p52 + 1023);
  vd m = (vd)((bits & 0x000FFFFFFFFFFFFFu) + root_half);
  vd s = (m - 1) / (m + 1), q = s * s, p = (vd)(2.0 / 19);
#pragma clang loop unroll(full)
  for (int k = 17; k >= 3; k -= 2) p = fused(p, q, (vd)(2.0 / k));
  return -fused(e, (vd)0x1.62e42fefa39efp-1, fused(p * q, s, 2 * s));
}
