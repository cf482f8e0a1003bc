// Exponential, logarithm and power in every lane; the C library for what is rare.

#pragma once

#include "Vector.h"

__attribute__((noinline)) static void exact_powers(const double *a, const double *b, double *out) {
  for (int lane = 0; lane < LANES; lane++) out[lane] = pow(a[lane], b[lane]);
}

__attribute__((noinline)) static void exact_exponentials(const double *a, double *out) {
  for (int lane = 0; lane < LANES; lane++) out[lane] = exp(a[lane]);
}

__attribute__((noinline)) static void exact_logarithms(const double *a, double *out) {
  for (int lane = 0; lane < LANES; lane++) out[lane] = log(a[lane]);
}

/// `exp(x)` for `|x| < 700`, relative error below 10⁻¹⁵.
///
/// `x = n·log 2 + r` with `|r| ≤ ½·log 2`, and `exp r` by its series.
INLINE vd small_exponential(vd x) {
  const vd shift = (vd)0x1.8p52;
  vd n = fused(x, (vd)0x1.71547652b82fep0, shift);
  vl power = (vl)n;
  n -= shift;
  vd r = fused(n, (vd)-0x1.62e42fee00000p-1, x);
  r = fused(n, (vd)-0x1.a39ef35793c76p-33, r);
  static const double inverse[] = {
      1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
      1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1};
  vd p = (vd)inverse[0];
#pragma clang loop unroll(full)
  for (int k = 1; k < 14; k++) p = fused(p, r, (vd)inverse[k]);
  return (vd)((vl)p + (power << 52));
}

INLINE vd exponential(vd x) {
  if (__builtin_expect(is_any(~((x < 700) & (x > -700))), 0)) {
    vd result;
    exact_exponentials((const double *)&x, (double *)&result);
    return result;
  }
  return small_exponential(x);
}

/// Whether every lane holds a positive number that is neither tiny nor infinite.
INLINE bool are_normal(vd x) { return !is_any(~((x > 0x1p-1000) & (x < 0x1p1000))); }

INLINE vd logarithm(vd x) {
  if (__builtin_expect(!are_normal(x), 0)) {
    vd result;
    exact_logarithms((const double *)&x, (double *)&result);
    return result;
  }
  return -negative_log(x);
}

/// `aᵇ`, relative error below `(1 + |b log a|)·10⁻¹⁵`.
INLINE vd raised(vd a, vd b) {
  // Zero to a positive power is frequent: an amount that is used up.
  vl is_zero = (a == 0) & (b > 0);
  vd base = chosen_of(is_zero, (vd)1.0, a);
  if (__builtin_expect(are_normal(base), 1)) {
    vd x = b * -negative_log(base);
    if (__builtin_expect(!is_any(~((x < 700) & (x > -700))), 1)) {
      return chosen_of(is_zero, (vd)0.0, small_exponential(x));
    }
  }
  vd result;
  exact_powers((const double *)&a, (const double *)&b, (double *)&result);
  return result;
}

INLINE vd square_root(vd x) {
#if APUS_LANES == 8
  return (vd)_mm512_sqrt_pd((__m512d)x);
#elif APUS_LANES == 4
  return (vd)_mm256_sqrt_pd((__m256d)x);
#else
  vd result;
  for (int lane = 0; lane < LANES; lane++) result[lane] = sqrt(x[lane]);
  return result;
#endif
}
